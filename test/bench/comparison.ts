/** A comparison: what each server of a workload cost, as a table for people, and how it relates to the others; and ratios held against those of `ratios.json`. */
import { readFileSync } from 'node:fs'
import type { Result } from './load.ts'

export type Kind = 'BARE' | 'HAND' | 'PLAIN' | 'OURS' | 'PAST'

export interface Measured extends Result {
  readonly cpuUs: number
  readonly perCpuSecond: number
  readonly perSecond: number
  readonly upstream: number
  /** Of the process, in megabytes, at the end of the round. */
  readonly rssMb: number
}

interface Row extends Omit<Measured, 'ms' | 'most'> {
  readonly kind: Kind
  /** How far the rounds lie apart: half of them within this share of the median. */
  readonly noise: number
}

/** Requests per CPU-second of OURS, as a multiple of the other's. */
type Ratios = Partial<Record<Exclude<Kind, 'OURS'>, number>>

export interface Comparison {
  readonly rows: readonly Row[]
  readonly ratios: Ratios
}

export const quantile = (list: readonly number[], share: number): number =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0
export const median = (list: readonly number[]): number => quantile(list, 0.5)
export const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0)

const rowOf = (kind: Kind, list: readonly Measured[]): Row => {
  const of = (name: keyof Measured): number[] => list.map((it) => it[name])
  const medians = (['cpuUs', 'perCpuSecond', 'perSecond', 'p50', 'p99', 'rssMb'] as const).map((name) => [name, median(of(name))])
  const sums = (['wrong', 'stale', 'upstream', 'done'] as const).map((name) => [name, sum(of(name))])
  const noise = (quantile(of('cpuUs'), 0.75) - quantile(of('cpuUs'), 0.25)) / 2 / median(of('cpuUs'))
  return { kind, noise, ...Object.fromEntries([...medians, ...sums]) }
}

export const compare = (found: ReadonlyMap<Kind, readonly Measured[]>): Comparison => {
  const rows = [...found].map(([kind, list]) => rowOf(kind, list))
  const ours = rows.find(({ kind }) => kind === 'OURS')!
  const others = rows.filter(({ kind }) => kind !== 'OURS')
  return { rows, ratios: Object.fromEntries(others.map(({ kind, perCpuSecond }) => [kind, ours.perCpuSecond / perCpuSecond])) }
}

type Column = readonly [head: string, width: number, value: (row: Row) => string]

const columns: readonly Column[] = [
  ['CPU µs/req', 12, ({ cpuUs }) => cpuUs.toFixed(1)],
  ['±', 6, ({ noise }) => `${(100 * noise).toFixed(0)} %`],
  ['req/CPU-s', 12, ({ perCpuSecond }) => perCpuSecond.toFixed(0)],
  ['req/s', 9, ({ perSecond }) => perSecond.toFixed(0)],
  ['p50 ms', 9, ({ p50 }) => p50.toFixed(2)],
  ['p99 ms', 9, ({ p99 }) => p99.toFixed(2)],
  ['RSS MB', 9, ({ rssMb }) => rssMb.toFixed(0)],
  ['wrong', 8, ({ wrong }) => String(wrong)],
  ['stale', 8, ({ stale }) => String(stale)],
  ['upstream', 11, ({ upstream }) => String(upstream)],
  ['requests', 11, ({ done }) => String(done)],
]

export const tableOf = ({ rows, ratios }: Comparison): string =>
  [
    `     ${columns.map(([head, width]) => head.padStart(width)).join('')}`,
    ...rows.map((row) => `${row.kind.padEnd(5)}${columns.map(([, width, value]) => value(row).padStart(width)).join('')}`),
    ...Object.entries(ratios).map(([kind, ratio]) => `OURS = ${ratio.toFixed(2)} × ${kind} in requests per CPU-second`),
  ].join('\n')

/** A smaller fall is the noise of a machine. */
const tolerated = 0.15

const committed = (): Readonly<Record<string, Ratios>> => JSON.parse(readFileSync(new URL('./ratios.json', import.meta.url), 'utf8'))

/** A line for each committed ratio of these workloads; `fell` are those that are now smaller by more than is tolerated. */
export const check = (comparisons: Readonly<Record<string, Comparison>>, expected = committed()) => {
  const lines = Object.entries(expected).flatMap(([workload, ratios]) =>
    Object.entries(ratios).flatMap(([kind, before]) => {
      const now = comparisons[workload]?.ratios[kind as keyof Ratios]
      return now === undefined
        ? []
        : [{ text: `${workload}: ${now.toFixed(2)} × ${kind}, committed ${before.toFixed(2)}`, fell: now < before * (1 - tolerated) }]
    }),
  )
  return { compared: lines.map(({ text }) => text), fell: lines.filter(({ fell }) => fell).map(({ text }) => text) }
}
