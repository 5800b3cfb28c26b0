/** A store that does not answer is never a reason to say 401: nobody is signed out by an outage. */
import { Problem } from '../../contract/problems.ts'

export const withAvailability = async <T>(answer: Promise<T>): Promise<T> => {
  try {
    return await answer
  } catch (cause) {
    throw new Problem('session_store_unavailable', { cause, headers: { 'Retry-After': '1' } })
  }
}
