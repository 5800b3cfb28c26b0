/** What a test does within a time that something else keeps, such as the idle time of a session. */
import { until } from './until.ts'

/** What fails when the window has passed is done again from its start: on a busy machine the test itself may not have run meanwhile.
 * What fails within it has failed. */
export const windowOf = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
  const attempt = async (): Promise<{ value: T } | Error> => {
    const began = performance.now()
    try {
      return { value: await work() }
    } catch (error) {
      if (performance.now() - began < ms) throw error
      return error as Error
    }
  }
  return ((await until(attempt, (it) => 'value' in it)) as { value: T }).value
}
