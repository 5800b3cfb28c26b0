/** A small gateway in a process of its own, to be killed: it deletes users upstream through the guard. Settings come as JSON in the first argument. */
import { createServer } from 'node:http'
import { Problem } from '../../src/contract/problems.ts'
import { openJournal } from '../../src/journal/append/journal.ts'
import { newId } from '../../src/journal/event/event.ts'
import type { OutcomeFacts } from '../../src/journal/guard/call-guard.ts'
import { createGuard } from '../../src/journal/guard/guard.ts'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { keysOf, openStore } from '../../src/journal/store/open.ts'

export interface ProcessSettings {
  readonly url: string
  readonly signing: string
  readonly sealing: string
  readonly upstream: string
}

const { url, signing, sealing, upstream } = JSON.parse(process.argv[2]!) as ProcessSettings
const instance = newId('i')
const { keys, sealer } = keysOf(url, { signing: [signing], sealing: [sealing] })
const store = await openStore(url, { keys, instance })
const guard = createGuard({ journal: await openJournal({ store, sealer, instance, keys }) })

async function send(id: string, operation: string): Promise<OutcomeFacts> {
  try {
    const answer = await fetch(`${upstream}/users/${id}`, {
      method: 'DELETE',
      headers: { 'x-operation': operation },
      signal: AbortSignal.timeout(250),
    })
    const outcome = answer.status < 400 ? 'success' : answer.status < 500 ? 'failure' : 'unknown'
    return { outcome, upstream: { status: answer.status, sent: true }, response: { status: outcome === 'unknown' ? 504 : answer.status } }
  } catch {
    return { outcome: 'unknown', upstream: { status: null, code: 'no_answer', sent: true }, response: { status: 504 } }
  }
}

async function remove(id: string, key: string): Promise<number> {
  const op = await guard.begin({
    action: 'delete_app_user',
    tenant: 'app',
    actor: { type: 'staff', id: 'soak|1' },
    targets: [{ role: 'subject', smoochId: id }],
    request: { method: 'DELETE', path: `/users/${id}` },
    before: { state: 'captured', image: { _id: id }, fields: ['_id'] },
    idempotencyKey: key,
  })
  if (op.replay) return op.replay.status
  let ended: OutcomeFacts | undefined
  try {
    spendPermit(op.permit, 'delete_app_user')
    ended = await send(id, op.id)
    return ended.response?.status ?? 500
  } finally {
    await op.end(ended)
  }
}

const server = createServer((request, response) => {
  const id = request.url!.slice(1)
  remove(id, String(request.headers['idempotency-key']))
    .catch((error: unknown) => {
      if (error instanceof Problem) return error.status
      process.stderr.write(`${String(error)}\n`)
      return 500
    })
    .then((status) => response.writeHead(status).end())
    .catch(() => {})
})
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }))
