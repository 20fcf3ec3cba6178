const shared = {
  testEnvironment: 'node',
  transform: { '^.+\\.ts$': ['@swc/jest', { jsc: { target: 'es2022', parser: { syntax: 'typescript' } } }] },
};

/** Two tiers: `unit` needs npm packages only; `cluster` uses one embedded control plane. */
module.exports = {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/test/**/*.test.ts'], testPathIgnorePatterns: ['\\.cluster\\.test\\.ts$'] },
    { ...shared, displayName: 'cluster', testMatch: ['<rootDir>/test/**/*.cluster.test.ts'] },
  ],
};
