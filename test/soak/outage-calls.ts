/** Six kinds of calls during an outage, each once in a while, and what came of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, appId, type Carried } from '../support/bff.ts'
import type { Stage } from './outage-scene.ts'

export const columns = ['hot read', 'staff read', 'update', 'delete', 'sign-out', 'console'] as const
export type Column = (typeof columns)[number]

export interface Seen {
  readonly column: Column
  readonly answer: Pick<Answer, 'status' | 'headers'>
  readonly code: string
  readonly begun: number
  readonly ms: number
}

export interface Deletion {
  readonly smoochId: string
  readonly seen: Seen
}

/** Sessions that must outlive everything, and sessions to end. Made before the fault. */
export const prepare = async ({ bff: { call, signIn } }: Stage) => {
  const standing: Record<'hot' | 'writer' | 'agent' | 'admin' | 'auditor', Carried> = {
    hot: await signIn({ userId: 'hot' }),
    writer: await signIn({ userId: 'writer' }),
    agent: await signIn({ roles: ['agent'], actor: { id: 'agent' } }),
    admin: await signIn({ kind: 'service', roles: ['admin'], actor: { id: 'admin' } }),
    auditor: await signIn({ roles: ['auditor'], actor: { id: 'auditor' } }),
  }
  const leaving: Carried[] = []
  for (let at = 0; at < 150; at += 1) leaving.push(await signIn({ kind: 'service', roles: ['agent'], actor: { id: `leaving-${at}` } }))
  // Else the first call of a person looks for them, and creates them, in the middle of the fault.
  for (const headers of [standing.hot, standing.writer]) await call('GET', '/v1.1/appusers/me', { headers })
  return { standing, leaving }
}
export type Prepared = Awaited<ReturnType<typeof prepare>>

export const createCalls = ({ bff }: Stage, { standing, leaving }: Prepared) => {
  const seen: Seen[] = []
  const deletions: Deletion[] = []
  const wrong: string[] = []
  const left: { readonly headers: Carried; readonly status: number }[] = []
  let count = 0
  const next = (): number => {
    count += 1
    return count
  }
  let lastName = ''
  let lastNameMayBeOther = false
  const timed = async (column: Column, method: string, path: string, headers: Carried, json?: unknown): Promise<[Answer, Seen]> => {
    const begun = performance.now()
    const answer = await bff.call(method, path, { headers, ...(json !== undefined && { json }) })
    const code = answer.status < 300 ? '' : String(answer.json.error.code)
    const it = { column, answer, code, begun, ms: performance.now() - begun }
    seen.push(it)
    return [answer, it]
  }
  const read = async (column: Column, userId: string, path: string, headers: Carried): Promise<void> => {
    const [answer] = await timed(column, 'GET', path, headers)
    if (answer.status === 200 && answer.json.appUser.userId !== userId) wrong.push(`${column}: somebody else's user`)
  }
  const call: Readonly<Record<Column, () => Promise<void>>> = {
    'hot read': () => read('hot read', 'hot', '/v1.1/appusers/me', standing.hot),
    'staff read': () => {
      const userId = `read-${next()}`
      bff.sandbox.createUser(appId, { userId })
      return read('staff read', userId, `/v1.1/appusers/${userId}`, standing.agent)
    },
    update: async () => {
      const givenName = `v${next()}`
      const [answer] = await timed('update', 'PUT', '/v1.1/appusers/me', standing.writer, { givenName })
      if (answer.status === 200) [lastName, lastNameMayBeOther] = [givenName, false]
      else if (answer.status === 504) lastNameMayBeOther = true
    },
    delete: async () => {
      const { _id } = bff.sandbox.createUser(appId, { userId: `doomed-${next()}` })
      const [, it] = await timed('delete', 'DELETE', `/v1.1/appusers/${_id}`, standing.admin)
      deletions.push({ smoochId: _id, seen: it })
    },
    'sign-out': async () => {
      const headers = leaving.pop()
      if (!headers) return
      const [{ status }] = await timed('sign-out', 'DELETE', '/auth/session', headers)
      left.push({ headers, status })
    },
    console: async () => void (await timed('console', 'GET', '/ops/api/operations', standing.auditor)),
  }
  /** Each kind again and again until told to stop; a call that hangs holds no other kind. */
  const begin = (pauseMs: number) => {
    let goesOn = true
    const loops = columns.map(async (column) => {
      while (goesOn) {
        await call[column]()
        await sleep(pauseMs)
      }
    })
    return async () => {
      goesOn = false
      await Promise.all(loops)
    }
  }
  return { seen, deletions, wrong, left, begin, update: () => ({ lastName, lastNameMayBeOther }) }
}
