/** jest's settings for all test files. */
import { availableParallelism } from 'node:os'

export default {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
  /** Two for each processor, since tests wait for servers half of their time. A share above 100 % is a plain number to jest. */
  maxWorkers: 2 * availableParallelism(),
  workerIdleMemoryLimit: '512MB',
  testTimeout: 120_000,
}
