const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
};

/** Two tiers: `unit` needs npm packages only; `cluster` shares one embedded control plane. */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.cluster\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'cluster',
      testMatch: ['<rootDir>/test/**/*.cluster.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-cluster.ts',
      globalTeardown: '<rootDir>/test/support/teardown-cluster.ts',
    },
  ],
};
