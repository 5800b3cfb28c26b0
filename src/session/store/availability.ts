/** A failing store becomes `session_store_unavailable`, never 401: an outage signs nobody out. */
import { Problem } from '../../contract/problems.ts'

export const withAvailability = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer
  } catch (cause) {
    throw new Problem('session_store_unavailable', { cause, headers: { 'Retry-After': '1' } })
  }
}
