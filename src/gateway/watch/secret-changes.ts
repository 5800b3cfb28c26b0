/** Changes of secrets as events of the journal. What is kept is a keyed digest of each, from which
 * nothing can be guessed; a start with others is told like a file that is replaced meanwhile. */
import { isDeepStrictEqual } from 'node:util'
import type { SecretsInUse } from '../../../config/secrets-in-use.ts'
import type { Journal } from '../../journal/append/journal.ts'
import { decode } from '../../journal/event/event.ts'
import { type Entry, entryOf, systemEvent } from '../../journal/store/journal-store.ts'
import { latestSystemEvent } from '../../journal/store/queries/log.ts'

type Digests = Readonly<Record<string, unknown>>

export const createSecretChanges = (journal: Journal, inUse: () => SecretsInUse, told: (setting: string) => void) => {
  let compared = false
  const entry = (action: string, facts: Record<string, unknown>): Entry => entryOf(systemEvent(action, facts, journal.now()))
  const digests = (): Digests =>
    Object.fromEntries(Object.entries(inUse()).map(([name, values]) => [name, journal.sealer.digest('secret', name, ...values)]))

  const former = async (): Promise<Digests | undefined> => {
    const last = await latestSystemEvent(journal.store, 'secrets_in_use')
    return last && decode(last.body).facts
  }
  const write = (settings: readonly string[], more: { readonly atStart?: true }): void =>
    journal.appendLater([...settings.map((setting) => entry('secret_replaced', { setting, ...more })), entry('secrets_in_use', digests())])

  return {
    /** Once, as soon as the journal can be read: with what was in use when it was last written
     * down. Throws when the store fails; then the next call compares. */
    compare: async (): Promise<void> => {
      if (compared || !journal.status().open) return
      compared = true
      const before = await former().catch((error: unknown) => {
        compared = false
        throw error
      })
      const now = digests()
      if (isDeepStrictEqual(now, { ...before })) return
      const changed = before ? Object.keys({ ...before, ...now }).filter((name) => before[name] !== now[name]) : []
      for (const setting of changed) told(setting)
      write(changed, { atStart: true })
    },
    /** A secret of this name was replaced while the process ran. */
    replaced: (setting: string): void => write([setting], {}),
  }
}
