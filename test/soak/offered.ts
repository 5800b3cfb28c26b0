/** Load that is offered whatever becomes of it: requests fall due at a steady rate, on connections of their own, and none waits for another's answer. A process of its own; bounded in time. */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Offer {
  readonly host: string
  readonly path: string
  readonly cookies: readonly string[]
  readonly perSecond: number
  readonly ms: number
  readonly connections: number
}

export interface Outcome {
  readonly offered: number
  /** Answers of 200 within two seconds of falling due. */
  readonly good: number
  /** How often each status with its code came. */
  readonly answers: Record<string, number>
  /** Of those answered with 200, from falling due; milliseconds. */
  readonly p50: number
  readonly p99: number
  /** How long after falling due requests were sent, when this process itself was late; p99. */
  readonly late: number
  /** Fell due while no connection was free, or were not answered at the end. */
  readonly unanswered: number
}

const patienceMs = 2_000
const progressMs = 10_000

interface Line {
  readonly socket: Socket
  due: number
  text: string
}

export const offer = async ({ host, path, cookies, perSecond, ms, connections }: Offer): Promise<Outcome> => {
  const [name, port] = host.split(':') as [string, string]
  const requests = cookies.map(
    (cookie) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nX-BFF-CSRF: 1\r\nSec-Fetch-Site: same-origin\r\nCookie: ${cookie}\r\n\r\n`,
  )
  const free: Line[] = []
  const busy = new Set<Line>()
  const answers: Record<string, number> = {}
  const times: number[] = []
  const lateness: number[] = []
  let [offered, good, unanswered] = [0, 0, 0]
  const settle = (line: Line): void => {
    const end = line.text.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(line.text)?.[1] ?? 0)
    if (line.text.length < end + 4 + length) return
    const status = line.text.slice(9, 12)
    const took = performance.now() - line.due
    const code = status === '200' ? '' : ` ${/"code":"(\w+)"/.exec(line.text)?.[1]}`
    answers[status + code] = (answers[status + code] ?? 0) + 1
    if (status === '200') {
      times.push(took)
      if (took < patienceMs) good += 1
    }
    busy.delete(line)
    if (/connection: close/i.test(line.text.slice(0, end))) return void line.socket.destroy()
    line.text = ''
    free.push(line)
  }
  const dial = async (): Promise<void> => {
    const socket = connect(Number(port), name).setNoDelay().setEncoding('latin1')
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const line: Line = { socket, due: 0, text: '' }
    socket.on('error', () => undefined)
    socket.on('data', (chunk: string) => {
      line.text += chunk
      settle(line)
    })
    socket.once('close', () => {
      busy.delete(line)
      const at = free.indexOf(line)
      if (at >= 0) free.splice(at, 1)
    })
    free.push(line)
  }
  for (let at = 0; at < connections; at += 100) await Promise.all(Array.from({ length: Math.min(100, connections - at) }, dial))
  await sleep(300)
  const began = performance.now()
  const at = (list: readonly number[], share: number): number =>
    Math.round([...list].sort((a, b) => a - b)[Math.floor(list.length * share)] ?? 0)
  let [told, toldAnswers] = [0, 0]
  const progress = setInterval(() => {
    const all = Object.values(answers).reduce((sum, count) => sum + count, 0)
    const [fresh, others] = [times.slice(told), all - toldAnswers - (times.length - told)]
    const perSecondOf = (count: number): number => Math.round((count * 1000) / progressMs)
    const seconds = Math.round((performance.now() - began) / 1000)
    process.stderr.write(
      `  ${seconds} s: ${perSecondOf(fresh.length)}/s answered, ${perSecondOf(others)}/s refused, p99 ${at(fresh, 0.99)} ms\n`,
    )
    ;[told, toldAnswers] = [times.length, all]
  }, progressMs)
  for (let now = began; now - began < ms; now = performance.now()) {
    for (const until = Math.floor(((now - began) / 1000) * perSecond); offered < until; offered += 1) {
      const line = free.shift()
      if (!line) {
        unanswered += 1
        continue
      }
      line.due = began + (offered / perSecond) * 1000
      lateness.push(performance.now() - line.due)
      busy.add(line)
      line.socket.write(requests[offered % requests.length]!)
    }
    await sleep(2)
  }
  clearInterval(progress)
  await sleep(1_000)
  unanswered += busy.size
  for (const { socket } of [...free, ...busy]) socket.destroy()
  return { offered, good, answers, p50: at(times, 0.5), p99: at(times, 0.99), late: at(lateness, 0.99), unanswered }
}

process.on('message', (it: Offer) => {
  void offer(it).then((outcome) => process.send?.(outcome))
})
process.on('disconnect', () => process.exit())
