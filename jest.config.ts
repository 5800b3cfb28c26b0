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
  /** jest's half a second is too short for a busy machine, and for the 2 s for which ioredis may hold a process. */
  workerGracefulExitTimeout: 10_000,
  testTimeout: 120_000,
}
