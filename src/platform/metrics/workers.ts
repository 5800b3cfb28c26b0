/** The metrics of several processes as one: the first asks its workers when one is asked. Counters
 * of an ended worker are kept: a total that falls looks to Prometheus like a new start. */
import cluster, { type Worker } from 'node:cluster'
import { AggregatorRegistry, type MetricObjectWithValues, type MetricValue } from 'prom-client'

export type Figures = MetricObjectWithValues<MetricValue<string>>[]

type Message =
  | { readonly metrics: 'wanted'; readonly ask: number }
  | { readonly metrics: 'give'; readonly round: number }
  | { readonly metrics: 'given'; readonly round: number; readonly figures: Figures }
  | { readonly metrics: 'text'; readonly ask: number; readonly text: string }

const isOurs = (message: unknown): message is Message => typeof message === 'object' && message !== null && 'metrics' in message

/** A worker that does not answer for so long adds what its counters were. */
const maxWaitMs = 1_000

const totals = (figures: Figures): Figures => figures.filter(({ type }) => String(type) !== 'gauge')

const merged = (all: readonly Figures[]) => AggregatorRegistry.aggregate(all as unknown as object[])

/** In the first process, before the workers start. */
export const gatherMetrics = (): void => {
  /** The last figures of each worker that lives, and what answers its question. */
  const latest = new Map<Worker, Figures>()
  const waiting = new Map<Worker, (figures: Figures) => void>()
  let ended: readonly Figures[] = []
  let round = 0

  const askedNow = (worker: Worker): Promise<Figures> =>
    new Promise((resolve) => {
      const former = (): void => resolve(totals(latest.get(worker) ?? []))
      if (!worker.isConnected()) return former()
      const timer = setTimeout(former, maxWaitMs)
      waiting.set(worker, (figures) => {
        clearTimeout(timer)
        resolve(figures)
      })
      worker.send({ metrics: 'give', round } satisfies Message, () => undefined)
    })
  const gather = async (): Promise<string> => {
    round += 1
    // In one turn, so that a worker that ends meanwhile is counted once.
    const gone = ended
    const all = await Promise.all([...latest.keys()].map(askedNow))
    return await merged([...gone, ...all]).metrics()
  }
  /** One round at a time: a worker answers one question. */
  let running: Promise<unknown> = Promise.resolve()
  const text = (): Promise<string> => {
    const next = running.then(gather)
    running = next.catch(() => undefined)
    return next
  }
  /** A service whose workers end over and over must not fill the memory. */
  const compact = async (): Promise<void> => {
    const some = ended
    if (some.length < 8) return
    const sum = (await merged(some).getMetricsAsJSON()) as Figures
    if (ended[0] === some[0]) ended = [sum, ...ended.slice(some.length)]
  }

  cluster.on('fork', (worker: Worker) => latest.set(worker, []))
  cluster.on('message', (worker: Worker, message: unknown) => {
    if (!isOurs(message)) return
    if (message.metrics === 'given') {
      latest.set(worker, message.figures)
      if (message.round === round) waiting.get(worker)?.(message.figures)
    }
    if (message.metrics !== 'wanted') return
    const { ask } = message
    void text().then((all) => worker.isConnected() && worker.send({ metrics: 'text', ask, text: all } satisfies Message, () => undefined))
  })
  cluster.on('exit', (worker: Worker) => {
    const its = totals(latest.get(worker) ?? [])
    latest.delete(worker)
    waiting.get(worker)?.(its)
    waiting.delete(worker)
    ended = [...ended, its]
    void compact()
  })
}

/** In a worker, asks the first process for the figures of all. Absent in a single process. */
export const askFirstProcess = (figures: () => Promise<object[]>): (() => Promise<string>) | undefined => {
  const { worker } = cluster
  if (!worker) return undefined
  const send = (message: Message): void => void worker.send(message, () => undefined)
  const asked = new Map<number, (text: string) => void>()
  let last = 0
  worker.on('message', (message: unknown) => {
    if (!isOurs(message)) return
    if (message.metrics === 'give') void figures().then((its) => send({ metrics: 'given', round: message.round, figures: its as Figures }))
    if (message.metrics === 'text') asked.get(message.ask)?.(message.text)
  })
  return () =>
    new Promise((resolve, reject) => {
      const ask = ++last
      const done = (): void => {
        clearTimeout(timer)
        asked.delete(ask)
      }
      const timer = setTimeout(() => {
        done()
        reject(new Error('the first process did not gather the metrics in time'))
      }, 5 * maxWaitMs)
      asked.set(ask, (text) => {
        done()
        resolve(text)
      })
      send({ metrics: 'wanted', ask })
    })
}
