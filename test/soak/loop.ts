/** The SIGKILL loop: a gateway that is killed at random moments, an upstream that delays, resets and hangs, clients that try again; then the three truths are compared. */
import { type ChildProcess, fork } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { openJournal } from '../../src/journal/append/journal.ts'
import { newId } from '../../src/journal/event/event.ts'
import { createReconciler } from '../../src/journal/reconcile/reconciler.ts'
import { keysOf, openStore } from '../../src/journal/store/open.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import type { ProcessSettings } from './guarded-process.ts'

export interface Tally {
  readonly kills: number
  readonly received: number
  readonly withoutIntent: number
  readonly sentTwice: number
  readonly answeredButNotRecorded: number
  readonly refusedButSent: number
  readonly notListedAfterRestart: number
  readonly opened: number
  readonly verdicts: Readonly<Record<string, number>>
  readonly wrongVerdicts: number
  readonly intact: boolean
  readonly findings: readonly unknown[]
}

/** Remembers every call, and whether it took effect. */
async function startUpstream() {
  const calls: { id: string; operation: string }[] = []
  const deleted = new Set<string>()
  const server = createServer((request, response) => {
    const id = request.url!.split('/').at(-1)!
    if (request.method === 'GET') {
      response.writeHead(deleted.has(id) ? 404 : 200).end()
      return
    }
    calls.push({ id, operation: String(request.headers['x-operation']) })
    const dice = Math.random()
    const apply = dice < 0.9 && !(dice > 0.8 && Math.random() < 0.5)
    const act = (): void => {
      if (apply) deleted.add(id)
      if (dice < 0.8) response.writeHead(200).end('{}')
      else if (dice < 0.84) request.socket.destroy()
      else if (dice < 0.88) response.writeHead(503).end()
      else if (dice < 0.9) return
      else if (dice < 0.95) response.writeHead(404).end()
      else request.socket.destroy()
    }
    setTimeout(act, Math.random() * 15)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { calls, deleted, url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, server }
}

export async function soak(
  url: string,
  { kills, calls: most, clients = 8, says = () => {} }: { kills: number; calls: number; clients?: number; says?: (line: string) => void },
): Promise<Tally> {
  const upstream = await startUpstream()
  const settings: ProcessSettings = {
    url,
    signing: randomBytes(32).toString('hex'),
    sealing: randomBytes(32).toString('hex'),
    upstream: upstream.url,
  }
  const { keys, sealer } = keysOf(url, { signing: [settings.signing], sealing: [settings.sealing] })
  const instance = newId('i')
  const store = await openStore(url, { keys, instance })

  let child: ChildProcess | undefined
  let port = 0
  const start = async (): Promise<void> => {
    child = fork(new URL('./guarded-process.ts', import.meta.url), [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    const [message] = (await once(child, 'message')) as [{ port: number }]
    port = message.port
  }
  const kill = async (): Promise<void> => {
    port = 0
    const gone = once(child!, 'exit')
    child!.kill('SIGKILL')
    await gone
  }

  const answers = new Map<string, number>()
  const stop = new AbortController()
  const client = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const id = randomBytes(12).toString('hex')
      for (let tries = 0; tries < 50 && !stop.signal.aborted; tries += 1) {
        if (port === 0) await sleep(5)
        const status = await fetch(`http://127.0.0.1:${port}/${id}`, { method: 'POST', headers: { 'idempotency-key': id } }).then(
          (answer) => answer.status,
          () => undefined,
        )
        // Nothing was sent, or nobody knows: the same key again.
        if (status === undefined || status === 503) {
          await sleep(10)
          continue
        }
        answers.set(id, status)
        break
      }
    }
  }

  await start()
  const working = Array.from({ length: clients }, client)
  let notListed = 0
  for (let round = 0; round < kills; round += 1) {
    await sleep(100 + Math.random() * 400)
    await kill()
    const seen = [...upstream.calls]
    await start()
    const found = await store.select('SELECT op, state FROM operation')
    const states = new Map(found.map((row) => [String(row['op']), String(row['state'])]))
    notListed += seen.filter(({ operation }) => !states.has(operation)).length
    const open = found.filter(({ state }) => state === 'pending' || state === 'unknown').length
    says(`${round + 1} kills, ${upstream.calls.length} calls received, ${open} open`)
  }
  while (upstream.calls.length < most) await sleep(50)
  stop.abort()
  await Promise.all(working)
  await sleep(300)
  await kill()

  const rows = await store.select("SELECT o.op, o.state, e.body FROM operation o JOIN event e ON e.seq = o.seq WHERE e.kind = 'intent'")
  const states = new Map(rows.map((row) => [String(row['op']), String(row['state'])]))
  const byUser = new Map<string, number>()
  for (const { id } of upstream.calls) byUser.set(id, (byUser.get(id) ?? 0) + 1)
  const opened = [...states.values()].filter((state) => state === 'pending' || state === 'unknown').length

  let ahead = 0
  const journal = await openJournal({ store, sealer, keys, instance })
  const checker = createReconciler({
    journal,
    clock: () => performance.now() + ahead,
    read: async (_tenant, id) => {
      const { status } = await fetch(`${upstream.url}/users/${id}`)
      return status === 200 ? { status, appUser: { _id: id } } : { status }
    },
  })
  for (
    let round = 0;
    round < 200 && (await store.select("SELECT 1 FROM operation WHERE state IN ('pending', 'unknown') LIMIT 1")).length > 0;
    round += 1
  ) {
    await checker.round()
    ahead += 100_000
  }
  const verdicts: Record<string, number> = {}
  let wrong = 0
  for (const row of await store.select(
    "SELECT o.op, o.state, t.token FROM operation o JOIN target t ON t.seq = o.seq WHERE o.state IN ('applied', 'not_applied', 'indeterminate')",
  )) {
    const [state, applied] = [String(row['state']), upstream.deleted.has(String(row['token']))]
    verdicts[state] = (verdicts[state] ?? 0) + 1
    if ((state === 'applied' && !applied) || (state === 'not_applied' && applied)) wrong += 1
  }
  const report = await verify(store, { sealer })
  await journal.close()
  upstream.server.closeAllConnections()
  upstream.server.close()

  const operationOf = new Map(upstream.calls.map(({ id, operation }) => [id, operation]))
  const succeeded = [...answers].filter(([, status]) => status === 200).map(([id]) => id)
  return {
    kills,
    received: upstream.calls.length,
    withoutIntent: upstream.calls.filter(({ operation }) => !states.has(operation)).length,
    sentTwice: [...byUser.values()].filter((times) => times > 1).length,
    answeredButNotRecorded: succeeded.filter((id) => states.get(operationOf.get(id) ?? '') !== 'success').length,
    refusedButSent: rows.filter((row) => row['state'] === 'not_sent' && upstream.calls.some(({ operation }) => operation === row['op']))
      .length,
    notListedAfterRestart: notListed,
    opened,
    verdicts,
    wrongVerdicts: wrong,
    intact: report.ok,
    findings: report.findings,
  }
}
