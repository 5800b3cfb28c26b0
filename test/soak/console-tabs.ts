/** `npm run soak:tabs`: how long a deletion takes beside 1,000 open pages of the console, which follow the stream and fetch their rows anew as the page does. In turns without and with them, since a busy machine is not the same from one minute to the next. Bounded: `--deletions` for each turn. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { flagsOf, whole } from '../../scripts/flags.ts'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { processEnv, startProcess } from '../support/service-process.ts'

/** Pages of one service, in a process of their own. */
interface Pages {
  readonly url: string
  /** One session per ten pages. */
  readonly tokens: readonly string[]
  readonly rows: boolean
}

interface Seen {
  readonly events: number
  readonly rows: number
  readonly statuses: Readonly<Record<string, number>>
}

/** As in `src/console/browser/timeline.js`. */
const [soonMs, betweenMs, busyBetweenMs, busyFrom] = [40, 400, 4_000, 20]

const keepPages = ({ url, tokens, rows }: Pages): void => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1_000 })
  let [events, renewed] = [0, 0]
  const statuses: Record<string, number> = {}
  const ask = async (path: string, authorization: string, alone: boolean): Promise<IncomingMessage> => {
    const [answer] = await once(get(`${url}${path}`, { headers: { authorization }, agent: alone ? false : agent }), 'response')
    statuses[`${path.replace(/\?.*/, '')} ${answer.statusCode}`] = (statuses[`${path.replace(/\?.*/, '')} ${answer.statusCode}`] ?? 0) + 1
    return answer as IncomingMessage
  }
  const page = async (authorization: string): Promise<void> => {
    let [refreshing, again, notBefore] = [false, false, 0]
    let refreshes: number[] = []
    const refresh = async (): Promise<void> => {
      again = true
      if (refreshing) return
      refreshing = true
      while (again) {
        await sleep(Math.max(soonMs, notBefore - performance.now()))
        again = false
        const now = performance.now()
        refreshes = [...refreshes.filter((at) => now - at < 60_000), now]
        notBefore = now + (refreshes.length < busyFrom ? betweenMs : busyBetweenMs)
        const answer = await ask('/bff/ops/rows', authorization, false)
        await once(answer.resume(), 'end')
        renewed += 1
      }
      refreshing = false
    }
    const stream = await ask('/bff/ops/api/stream', authorization, true)
    stream.setEncoding('utf8').on('data', (text: string) => {
      const found = text.match(/^data:/gm)?.length ?? 0
      events += found
      if (found > 0 && rows) void refresh().catch(() => undefined)
    })
  }
  const opening = tokens.flatMap((token) => Array.from({ length: 10 }, () => page(token)))
  void Promise.all(opening).then(() => process.send!('open'))
  process.on('message', () => process.send!({ events, rows: renewed, statuses } satisfies Seen))
}

const percentile = (times: readonly number[], part: number): number => times.toSorted((a, b) => a - b)[Math.floor(times.length * part)]!

const measure = async (): Promise<void> => {
  const values = flagsOf('soak:tabs', { tabs: whole(1_000, 20_000, 10), deletions: whole(30, 10_000) })
  await using all = new AsyncDisposableStack()
  const vendor = all.use(await startSandbox({ apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }] }))
  const service = all.use(
    await startProcess({
      ...processEnv,
      SMOOCH_BASE_URL: vendor.url,
      LIMIT_GUARDED: '1000000',
      LIMIT_READS: '1000000',
      LIMIT_SERVICE: '1000000',
    }),
  )
  const mint = async (id: string, role: string): Promise<string> => {
    const headers = { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ kind: 'service', roles: [role], actor: { id }, limit: 1_000_000 })
    const answer = await fetch(`${service.privateUrl}/sessions`, { method: 'POST', headers, body })
    return `Bearer ${((await answer.json()) as { token: string }).token}`
  }
  const admin = { authorization: await mint('admin', 'admin') }
  const tokens: string[] = []
  for (let at = 0; at < values.tabs / 10; at += 1) tokens.push(await mint(`auditor-${at}`, 'auditor'))

  let made = 0
  const deletions = async (count: number): Promise<number[]> => {
    const times: number[] = []
    for (let at = 0; at < count; at += 1) {
      made += 1
      const { _id } = vendor.createUser(appId, { userId: `gone-${made}` })
      const began = performance.now()
      const answer = await fetch(`${service.publicUrl}/bff/v1.1/appusers/${_id}`, { method: 'DELETE', headers: admin })
      await answer.arrayBuffer()
      times.push(performance.now() - began)
      if (answer.status !== 200) throw new Error(`a deletion was answered ${answer.status}`)
      await sleep(300)
    }
    return times
  }
  const turn = async (rows: boolean | undefined): Promise<{ times: number[]; seen?: Seen }> => {
    if (rows === undefined) return { times: await deletions(values.deletions) }
    const child: ChildProcess = fork(fileURLToPath(import.meta.url))
    try {
      child.send({ url: service.publicUrl, tokens, rows } satisfies Pages)
      await once(child, 'message')
      const times = await deletions(values.deletions)
      await sleep(1_000)
      child.send('told')
      const [seen] = (await once(child, 'message')) as [Seen]
      return { times, seen }
    } finally {
      child.kill('SIGKILL')
      await sleep(1_000)
    }
  }
  await deletions(20)
  const say = (name: string, { times, seen }: Awaited<ReturnType<typeof turn>>): void => {
    const figures = `p50 ${percentile(times, 0.5).toFixed(1)} ms, p95 ${percentile(times, 0.95).toFixed(1)} ms`
    process.stdout.write(
      `${name.padEnd(34)} ${figures}${seen ? `; ${seen.events} events and ${seen.rows} times rows ${JSON.stringify(seen.statuses)}` : ''}\n`,
    )
  }
  say('no page', await turn(undefined))
  say(`${values.tabs} streams`, await turn(false))
  say('no page', await turn(undefined))
  say(`${values.tabs} streams that fetch rows`, await turn(true))
  say('no page', await turn(undefined))
}

if (process.send) process.once('message', (pages) => keepPages(pages as Pages))
else await measure()
