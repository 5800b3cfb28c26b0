/** The load: a process of its own with its own small client, so that what it costs is nobody else's CPU time. Bounded in time and number. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a job does: reads by these cookies, and updates among them. */
export interface Job {
  /** `host:port` of each replica; connections alternate. */
  readonly hosts: readonly string[]
  readonly path: string
  /** One for each user. */
  readonly cookies: readonly string[]
  readonly connections: number
  /** Ends after so long, or after so many. */
  readonly ms?: number
  readonly total?: number
  /** Milliseconds that a connection rests after each answer. */
  readonly pause?: number
  /** Share of updates; 0 = reads only. */
  readonly updates: number
  readonly seed: number
  /** The number of the first cookie's user; 1 unless said. */
  readonly firstUser?: number
  /** The body of an update, where it is not the usual small one. */
  readonly update?: string
  /** The answer is no user. */
  readonly onlyStatus?: boolean
}

export interface Result {
  readonly done: number
  readonly ms: number
  readonly wrong: number
  readonly stale: number
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
  readonly most: number
}

const random = (seed: number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** Zipf with exponent 1: the user of rank n is asked for n times less often than the first. */
const zipf = (count: number, next: () => number): (() => number) => {
  const sums: number[] = []
  let sum = 0
  for (let rank = 1; rank <= count; rank += 1) {
    sum += 1 / rank
    sums.push(sum)
  }
  return () => {
    const point = next() * sum
    let low = 0
    let high = count - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! < point) low = middle + 1
      else high = middle
    }
    return low
  }
}

const headersOf = (host: string, cookie: string): string =>
  [
    `Host: ${host}`,
    'Connection: keep-alive',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'Accept: application/json',
    'Accept-Language: en-US,en;q=0.5',
    'Accept-Encoding: gzip, deflate, br',
    'Sec-Fetch-Site: same-origin',
    'Sec-Fetch-Mode: cors',
    'X-BFF-CSRF: 1',
    `Cookie: theme=dark; ${cookie}`,
  ].join('\r\n')

interface Answer {
  readonly status: number
  readonly body: string
  /** The server closes the connection. */
  readonly ends: boolean
}

const smallUpdate = '{"surname":"Okafor"}'

const dial = async (host: string): Promise<Socket> => {
  const [name, port] = host.split(':') as [string, string]
  const socket = connect(Number(port), name).setNoDelay().setEncoding('latin1')
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
  return socket
}

/** Status and body of the answer in the text, or undefined while it is not whole. */
const parse = (text: string): Answer | undefined => {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const head = text.slice(0, end)
  const body = text.slice(end + 4)
  const length = /content-length: (\d+)/i.exec(head)?.[1]
  const whole = length === undefined ? body.endsWith('0\r\n\r\n') : Buffer.byteLength(body, 'latin1') >= Number(length)
  return whole ? { status: Number(head.slice(9, 12)), body, ends: /connection: close/i.test(head) } : undefined
}

export const run = async (job: Job): Promise<Result> => {
  const next = random(job.seed)
  const { update = smallUpdate } = job
  const pick = job.cookies.length === 1 ? () => 0 : zipf(job.cookies.length, next)
  const newest = new Array<number>(job.cookies.length).fill(0)
  const times: number[] = []
  let asked = 0
  let wrong = 0
  let stale = 0

  const sockets = await Promise.all(
    Array.from({ length: job.connections }, async (_, at) => {
      const host = job.hosts[at % job.hosts.length]!
      return { socket: await dial(host), host }
    }),
  )
  // A connection that the server has yet to accept is none of the question.
  await sleep(300)
  const began = performance.now()
  const goesOn = () => (job.total === undefined || asked < job.total) && (job.ms === undefined || performance.now() - began < job.ms)

  const exchange = (socket: Socket, request: string) =>
    new Promise<Answer>((resolve, reject) => {
      let text = ''
      const take = (chunk: string) => {
        text += chunk
        const answer = parse(text)
        if (!answer) return
        socket.off('data', take).off('close', broke)
        resolve(answer)
      }
      const broke = () => reject(new Error('the connection was closed'))
      socket.on('data', take).once('close', broke).write(request)
    })

  const one = async (first: Socket, host: string) => {
    let socket = first
    while (goesOn()) {
      asked += 1
      const user = pick()
      const writes = job.updates > 0 && next() < job.updates
      const floor = newest[user]!
      const head = headersOf(host, job.cookies[user]!)
      const at = performance.now()
      const { status, body, ends } = await exchange(
        socket,
        writes
          ? `PUT ${job.path} HTTP/1.1\r\n${head}\r\nContent-Type: application/json\r\nContent-Length: ${update.length}\r\n\r\n${update}`
          : `GET ${job.path} HTTP/1.1\r\n${head}\r\n\r\n`,
      )
      times.push(performance.now() - at)
      if (ends) socket = await dial(host)
      const version = Number(/"givenName":"v(\d+)"/.exec(body)?.[1])
      const whose = Number(/"userId":"u(\d+)"/.exec(body)?.[1])
      if (job.onlyStatus) wrong += status === 200 ? 0 : 1
      else if (status !== 200 || Number.isNaN(version) || whose !== user + (job.firstUser ?? 1)) wrong += 1
      else if (writes) newest[user] = Math.max(newest[user]!, version)
      else if (version < floor) stale += 1
      if (job.pause) await sleep(job.pause)
    }
  }
  await Promise.all(sockets.map(({ socket, host }) => one(socket, host)))
  const ms = performance.now() - began
  for (const { socket } of sockets) socket.destroy()
  times.sort((a, b) => a - b)
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0
  return { done: times.length, ms, wrong, stale, p50: at(0.5), p99: at(0.99), most: at(1) }
}

process.on('message', (job: Job) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: Error) => process.send?.({ error: error.message }),
  )
})
process.on('disconnect', () => process.exit())
