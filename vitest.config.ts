import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'workers/**/*.test.ts', 'bench/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['test/setup/global.ts'],
    pool: 'forks',
    // Each file brings processes of its own beside Postgres: more files at once only make them slower.
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
    // Real processes are killed at real moments, in CI on a machine that others use: what fails twice is a fault.
    retry: process.env.CI ? 1 : 0,
    reporters: ['default'],
  },
})
