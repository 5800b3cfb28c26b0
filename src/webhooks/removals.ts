/** Removals that the vendor reports: the sessions end, nothing creates the person anew, and the
 * journal records it. Repeats change nothing. */

import { Problem } from '../contract/problems.ts'
import type { Journal } from '../journal/append/journal.ts'
import type { Person } from '../journal/event/compose.ts'
import { createReports, type Report } from '../journal/reconcile/reports.ts'
import type { Sessions } from '../session/sessions.ts'

export interface Removal {
  readonly app: string
  readonly trigger: Report['trigger']
  readonly gone: { readonly _id: string; readonly userId?: string | undefined }
  readonly surviving?: { readonly _id?: string | undefined; readonly userId?: string | undefined } | undefined
}

const personOf = (role: Person['role'], { _id, userId }: NonNullable<Removal['surviving']>): Person => ({
  role,
  ...(userId !== undefined && { userId }),
  ...(_id !== undefined && { smoochId: _id }),
})

const stillRunning = (): Problem =>
  new Problem('journal_unavailable', {
    detail: 'A call of ours about this person is still running; deliver this again once it has ended.',
    headers: { 'Retry-After': '5' },
  })

export const createRemovals = (sessions: Sessions, journal: Journal) => {
  const reports = createReports(journal)
  return async ({ app, trigger, gone, surviving }: Removal): Promise<void> => {
    const report: Report = {
      tenant: app,
      trigger,
      gone: { ...personOf(trigger === 'appUser:delete' ? 'subject' : 'discarded', gone), smoochId: gone._id },
      surviving: surviving && personOf('surviving', surviving),
    }
    const endSessions = async (): Promise<void> => {
      const userIds = new Set([...(gone.userId === undefined ? [] : [gone.userId]), ...(await sessions.whose(app, gone._id))])
      for (const userId of userIds) {
        const person = { app, userId, actor: { id: userId } }
        if (await sessions.isSomebodyNew(person, gone._id)) continue
        const { failure } = await sessions.markGone([person])
        if (failure !== undefined) throw failure
        await sessions.endPerson(person)
      }
    }
    // First the sessions: a journal that is away keeps nobody signed in.
    const known = await reports.isKnown(report).catch(async (error: unknown) => {
      await endSessions()
      throw error
    })
    if (known) return
    const cause = await reports.causeOf(report)
    // What still runs may yet be refused, since the person is gone: it cannot answer for this.
    const running = cause?.state === 'pending'
    if (running || !cause?.endedSessions) await endSessions()
    if (running) throw stillRunning()
    await reports.write(report, cause)
  }
}

export type Removals = ReturnType<typeof createRemovals>
