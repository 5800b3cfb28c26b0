/** The vendor's reports that a person was deleted or merged away. Written once, however often
 * reported, and joined to our operation that caused it. */
import { createHash } from 'node:crypto'
import type { GuardedId } from '../../contract/operations.ts'
import { Problem } from '../../contract/problems.ts'
import type { Journal } from '../append/journal.ts'
import type { Person } from '../event/compose.ts'
import { decode, type Event, isOpen, type State, statesWithoutEffect } from '../event/event.ts'
import { type Entry, entryOf } from '../store/journal-store.ts'
import { composeNow } from '../store/pseudonyms.ts'
import { eventOf } from '../store/queries/log.ts'
import { operationsOn } from '../store/queries/operations.ts'
import { pseudonymsAt } from '../store/queries/people.ts'

export interface Report {
  readonly tenant: string
  readonly trigger: 'appUser:delete' | 'merge:appUser'
  /** The removed person, by an `_id` that nobody else ever gets. */
  readonly gone: Person & { readonly smoochId: string }
  /** The survivor of a merge. */
  readonly surviving?: Person | undefined
}

interface Cause {
  readonly opened: Event
  readonly index: number
  readonly state: State
  /** True when the webhook knew the userId and ended that person's sessions. */
  readonly endedSessions?: boolean
}

const actions = { 'appUser:delete': 'delete_app_user', 'merge:appUser': 'merge_users' } as const satisfies Record<
  Report['trigger'],
  GuardedId
>

/** One id for the same words, on every replica. */
const idFor = (prefix: 'evt' | 'op', ...words: readonly string[]): string => {
  const hex = createHash('sha256').update(JSON.stringify(words)).digest('hex')
  return `${prefix}_${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const createReports = (journal: Journal) => {
  const { store } = journal
  const wordsOf = ({ tenant, trigger, gone }: Report): readonly string[] => [tenant, trigger, gone.smoochId]

  /** The `_id`, and the pseudonym of an `_id` that a call asked for. */
  const tokensOf = async (tenant: string, smoochId: string): Promise<string[]> => {
    return [smoochId, ...(await pseudonymsAt(store, journal.sealer.lookup(tenant, smoochId)))]
  }

  /** Operations on the person that may have taken effect, newest first. */
  const causes = async (tenant: string, tokens: readonly string[], action: GuardedId): Promise<Cause[]> => {
    const found = await operationsOn(store, action, tokens)
    return found
      .map(({ index, body, state }) => ({ opened: decode(body), index, state }))
      .filter(({ opened, state }) => opened.tenant === tenant && !statesWithoutEffect.includes(state))
  }

  /** Settles an operation that was accepted or unknown; a running one its own process settles. */
  const settlement = ({ opened, index, state }: Cause, id: string, evidence: Event['evidence'] & object): Entry[] =>
    state !== 'success' && !(isOpen(state) && state !== 'pending')
      ? []
      : [
          entryOf({
            v: 1,
            id,
            kind: 'resolved',
            time: journal.now().toISOString(),
            action: opened.action,
            ...(opened.tenant !== undefined && { tenant: opened.tenant }),
            operation: { id: opened.operation!.id },
            verdict: 'applied',
            evidence,
            by: 'vendor',
            intentIndex: index,
          }),
        ]

  /** A change by others: another key, the vendor's own pages, or a link confirmed by the person. */
  const byOthers = async (report: Report, link: Cause | undefined): Promise<Entry[]> => {
    const { tenant, trigger, gone, surviving } = report
    const operation = idFor('op', ...wordsOf(report))
    const source = { source: 'webhook', trigger }
    const asked = {
      action: actions[trigger],
      tenant,
      actor: { type: 'system', id: 'vendor' },
      targets: surviving ? [surviving, gone] : [gone],
    } as const
    const moment = { id: idFor('evt', ...wordsOf(report)), at: journal.now() }
    const { event, parts, subjects } = await composeNow(journal, asked, moment)
    const facts = { ...source, ...(link && { link: link.opened.operation!.id }) }
    const told: Event = {
      ...event,
      kind: 'outcome',
      recorded: true,
      outcome: 'success',
      operation: { id: operation, instance: journal.instance },
      facts,
    }
    const joined = link ? settlement(link, idFor('evt', ...wordsOf(report), 'link'), { ...source, operation }) : []
    return [entryOf(told, parts, subjects), ...joined]
  }

  const mustBeOpen = (): void => {
    const { open, cause } = journal.status()
    if (!open) throw new Problem('journal_unavailable', { cause, headers: { 'Retry-After': '5' } })
  }

  return {
    /** True when this report was written before. */
    isKnown: async (report: Report): Promise<boolean> => {
      mustBeOpen()
      return (await eventOf(store, idFor('evt', ...wordsOf(report)))) !== undefined
    },

    /** Our own deletion or merge of this person, if there was one. */
    causeOf: async ({ tenant, trigger, gone }: Report): Promise<Cause | undefined> => {
      const tokens = await tokensOf(tenant, gone.smoochId)
      for (const cause of await causes(tenant, tokens, actions[trigger])) {
        const removed = cause.opened.targets?.filter(({ role }) => role !== 'surviving') ?? []
        const target = removed.find(({ smoochId, subject = '' }) => smoochId === gone.smoochId || tokens.includes(subject))
        if (target) return { ...cause, endedSessions: target.smoochId !== undefined && target.subject !== undefined }
      }
      return undefined
    },

    /** Resolves when durable; throws `journal_unavailable`. */
    write: async (report: Report, cause: Cause | undefined): Promise<void> => {
      const { tenant, trigger, gone, surviving } = report
      const linked = async (): Promise<Cause | undefined> => {
        const people = trigger === 'merge:appUser' ? [surviving?.smoochId, gone.smoochId] : []
        const found = await Promise.all(people.flatMap((id) => (id === undefined ? [] : causes(tenant, [id], 'link_app_user'))))
        return found.flat().sort((a, b) => b.index - a.index)[0]
      }
      const source = { source: 'webhook', trigger }
      try {
        const entries = cause ? settlement(cause, idFor('evt', ...wordsOf(report)), source) : await byOthers(report, await linked())
        for (const entry of entries) await journal.append(Object.assign(entry, { again: true }))
      } catch (error) {
        throw new Problem('journal_unavailable', { cause: error, headers: { 'Retry-After': '5' } })
      }
    },
  }
}
