/** What is told when the session store is away. */
import { Problem } from '../../contract/problems.ts'
import type { SessionStore } from './session-store.ts'

type Method = (...args: unknown[]) => Promise<unknown>

/** A failing store becomes `session_store_unavailable`, never 401: an outage signs nobody out. */
export const availableStore = ({ close, ...methods }: SessionStore): SessionStore => {
  const available =
    (method: Method): Method =>
    async (...asked) => {
      try {
        return await method(...asked)
      } catch (cause) {
        throw new Problem('session_store_unavailable', { cause, headers: { 'Retry-After': '1' } })
      }
    }
  const all = Object.entries(methods).map(([name, method]) => [name, available(method as Method)])
  return { ...(Object.fromEntries(all) as typeof methods), close }
}
