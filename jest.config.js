const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
};

/**
 * Four tiers: `unit` needs npm packages only; `cluster` shares one embedded control plane. Apart from `npm test`,
 * `reconcile` runs real controllers against it, which it builds from source, and `claims` repeats what the engine
 * promises at many points and seeds.
 */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.(cluster|claims|reconcile)\\.test\\.ts$'],
    },
    {
      ...shared,
      displayName: 'cluster',
      testMatch: ['<rootDir>/test/**/*.cluster.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-cluster.ts',
      globalTeardown: '<rootDir>/test/support/teardown-cluster.ts',
    },
    {
      ...shared,
      displayName: 'reconcile',
      testMatch: ['<rootDir>/test/**/*.reconcile.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-cluster.ts',
      globalTeardown: '<rootDir>/test/support/teardown-cluster.ts',
    },
    {
      ...shared,
      displayName: 'claims',
      testMatch: ['<rootDir>/test/**/*.claims.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-cluster.ts',
      globalTeardown: '<rootDir>/test/support/teardown-cluster.ts',
    },
  ],
};
