const shared = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: [
    '<rootDir>/dist',
    '<rootDir>/examples/.*/package.json',
    '<rootDir>/templates/.*/package.json',
  ],
  // What forks import, as `exports` of package.json maps it for them.
  moduleNameMapper: {
    '^flowyard/program$': '<rootDir>/stacks/index.ts',
    '^flowyard/stacks$': '<rootDir>/stacks/public.ts',
    '^flowyard/([a-z/-]+)$': '<rootDir>/$1',
  },
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
};

/**
 * Four tiers: `unit` needs npm packages only; `cluster` shares one embedded control plane. Apart from `npm test`,
 * `claims` repeats what the engine promises at many points and seeds, and `reconcile` runs real controllers.
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
      displayName: 'claims',
      testMatch: ['<rootDir>/test/**/*.claims.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-cluster.ts',
      globalTeardown: '<rootDir>/test/support/teardown-cluster.ts',
    },
    {
      ...shared,
      displayName: 'reconcile',
      testMatch: ['<rootDir>/test/**/*.reconcile.test.ts'],
      globalSetup: '<rootDir>/test/support/setup-reconcile.ts',
      globalTeardown: '<rootDir>/test/support/teardown-cluster.ts',
    },
  ],
};
