/** Verification of the journal in a serving process: each night, on demand, and while it is small
 * also at the start and each hour. */
import { Worker } from 'node:worker_threads'
import type { Secrets } from '../journal/store/open.ts'
import { sentenceOf } from '../journal/verify/findings.ts'
import type { Report } from '../journal/verify/verify.ts'
import { errorMessage } from '../platform/error-message.ts'
import type { Seen, Verified, VerifyTask } from './verify-worker.ts'

export interface Check {
  readonly at: string
  readonly ok: boolean
  readonly size: number
  readonly root: string
  readonly milliseconds: number
  /** One sentence per fault. */
  readonly findings: readonly string[]
  /** Reason why it could not be verified; nothing is known then. */
  readonly failure?: string
}

interface IntegrityOptions {
  readonly url: string
  readonly secrets: Secrets
  /** Events in the log now. */
  readonly size: () => number
  readonly onCheck?: (check: Check) => void
}

/** Events that are verified in about five seconds of one core. */
const small = 200_000
/** Pause before the first verification: pages of a fresh process go first. */
const soon = 5_000
const minute = 60_000
const hour = 60 * minute
const nightHour = 3

const checkOf = ({ ok, size, root, milliseconds, findings }: Report): Check => ({
  at: new Date().toISOString(),
  ok,
  size,
  root,
  milliseconds,
  findings: findings.map(sentenceOf),
})

/** Milliseconds until the next night, at a random minute, so that replicas begin apart. */
const untilNight = (now: Date): number => {
  const night = new Date(now)
  night.setHours(nightHour, Math.floor(Math.random() * 60), 0, 0)
  if (night <= now) night.setDate(night.getDate() + 1)
  return night.getTime() - now.getTime()
}

export const createIntegrity = ({ url, secrets, size, onCheck }: IntegrityOptions) => {
  let latest: Check | undefined
  let running: Promise<Check> | undefined
  let worker: Worker | undefined
  let ended = false
  let seen: Seen | undefined

  const inThread = (): Promise<Verified> =>
    new Promise((resolve, reject) => {
      const task: VerifyTask = { url, secrets, seen }
      worker = new Worker(new URL('./verify-worker.ts', import.meta.url), { workerData: task })
      worker.once('message', resolve)
      worker.once('error', reject)
      worker.once('exit', () => reject(new Error('the verification ended early')))
    })

  const check = async (): Promise<Check> => {
    try {
      const { report, accepted } = await inThread()
      latest = checkOf(report)
      if (report.ok) seen = { ...latest, accepted }
    } catch (error) {
      const failure = errorMessage(error)
      latest = { at: new Date().toISOString(), ok: false, size: size(), root: latest?.root ?? '', milliseconds: 0, findings: [], failure }
    }
    if (!ended) onCheck?.(latest)
    return latest
  }

  const run = (): Promise<Check> => {
    running ??= check().finally(() => {
      running = undefined
    })
    return running
  }

  let timer: NodeJS.Timeout | undefined
  const plan = (wait: number): void => {
    timer = setTimeout(() => {
      void run().finally(() => ended || plan(next()))
    }, wait).unref()
  }
  const next = (): number => Math.min(size() <= small ? hour : Number.POSITIVE_INFINITY, Math.max(minute, untilNight(new Date())))
  plan(size() <= small ? soon : next())

  return {
    latest: () => latest,
    running: () => running !== undefined,
    run,
    close: async (): Promise<void> => {
      ended = true
      clearTimeout(timer)
      await worker?.terminate()
      await running
    },
  }
}

export type Integrity = ReturnType<typeof createIntegrity>
