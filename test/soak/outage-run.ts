/** One outage from begin to end, and the row that it leaves. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, appId, patiently } from '../support/bff.ts'
import { type Column, columns, createCalls, type Prepared, prepare, type Seen } from './outage-calls.ts'
import type { Fault } from './outage-faults.ts'
import type { Stage } from './outage-scene.ts'

export interface Cell {
  readonly worstMs: number
  /** How often each status came, with its code. */
  readonly answers: Readonly<Record<string, number>>
  /** From the mending to the begin of the first call from which on all is well; undefined: not within the time. */
  readonly recoveryMs: number | undefined
}
export interface Row {
  readonly fault: string
  readonly cells: Readonly<Record<Column, Cell>>
  readonly sessionsLost: number
  /** What is missing in the journal, in words. */
  readonly journalGaps: readonly string[]
  readonly wrong: readonly string[]
}

const isWell = ({ answer }: Seen): boolean => answer.status < 300
const recoverWithinMs = 60_000

const cellOf = (seen: readonly Seen[], mended: number): Cell => {
  const answers: Record<string, number> = {}
  const during = seen.filter(({ begun }) => begun < mended)
  for (const { answer, code } of during) {
    const name = `${answer.status}${code && ` ${code}`}`
    answers[name] = (answers[name] ?? 0) + 1
  }
  const after = seen.filter(({ begun }) => begun >= mended).sort((a, b) => a.begun - b.begun)
  const first = after[after.findLastIndex((it) => !isWell(it)) + 1]
  return { worstMs: Math.max(0, ...during.map(({ ms }) => ms)), answers, recoveryMs: first && Math.max(0, first.begun - mended) }
}

/** Sessions that should be there and are not, and those that should have ended and have not. */
const checkSessions = async ({ bff }: Stage, { standing }: Prepared, { seen, left, wrong }: ReturnType<typeof createCalls>) => {
  const isIn = async (headers: Record<string, string>) =>
    (await patiently(() => bff.call('GET', '/auth/session', { headers }))).json.signedIn === true
  const here = await Promise.all(Object.values(standing).map(isIn))
  for (const { headers, status } of left) if (status === 204 && (await isIn(headers))) wrong.push('a session that had ended is there')
  return here.filter((it) => !it).length + seen.filter(({ answer }) => answer.status === 401).length
}

/** A reader who is asked to come again does so: that says nothing of the log. */
const readStatus = async ({ bff }: Stage, id: string, headers: Record<string, string>): Promise<number> => {
  for (const end = performance.now() + recoverWithinMs; ; await sleep(500)) {
    const { status } = await bff.call('GET', `/ops/api/operations/${id}`, { headers })
    if ((status !== 429 && status !== 503) || performance.now() > end) return status
  }
}

/** A run that could not read the log says nothing of it either. */
const verified = async ({ bff }: Stage, headers: Record<string, string>): Promise<Answer> => {
  for (const end = performance.now() + recoverWithinMs; ; await sleep(500)) {
    const answer = await bff.call('POST', '/ops/api/verify', { headers })
    if (answer.status !== 200 || answer.json.failure === undefined || performance.now() > end) return answer
  }
}

/** Deletions that reached the vendor and stand in no journal; and what a caller was told that is not so. */
const checkDeletions = async (scene: Stage, { standing }: Prepared, { deletions, wrong }: ReturnType<typeof createCalls>) => {
  const { bff } = scene
  const gaps: string[] = []
  for (const { smoochId, seen } of deletions) {
    const received = bff.sandbox.requests.filter(({ operation, url }) => operation === 'delete_app_user' && url.includes(smoochId)).length
    if (received > 1) wrong.push('a deletion was sent twice')
    const there = bff.sandbox.user(appId, smoochId) !== undefined
    if (seen.answer.status === 200 && received !== 1) wrong.push('a deletion was told as done, and was not sent')
    if (seen.answer.status === 503 && (received > 0 || !there)) wrong.push('a deletion was told as not sent, and was')
    if (received === 0) continue
    const id = seen.answer.headers.get('audit-operation')
    const told = `a deletion that was answered ${seen.answer.status} ${seen.code}`
    if (id === null) gaps.push(`${told} names no operation`)
    else {
      const status = await readStatus(scene, id, standing.auditor)
      if (status !== 200) gaps.push(`${told} is read with ${status}`)
    }
  }
  const { json, status } = await verified(scene, standing.auditor)
  if (status === 200 && json.ok !== true) gaps.push(`the log is not intact: ${JSON.stringify(json)}`)
  return gaps
}

const checkUpdate = async ({ bff }: Stage, { standing }: Prepared, { update, wrong }: ReturnType<typeof createCalls>) => {
  const { lastName, lastNameMayBeOther } = update()
  const { json } = await bff.call('GET', '/v1.1/appusers/me', { headers: standing.writer })
  if (!lastNameMayBeOther && lastName !== '' && json.appUser?.givenName !== lastName)
    wrong.push(`another value after an update: ${json.appUser?.givenName} in place of ${lastName}`)
}

/** Undefined where this machine cannot make the fault. Afterwards calls are made every `everyMs`, until all is well. */
export const runOutage = async <S extends Stage>(scene: S, fault: Fault<S>, ms: number, everyMs = 100): Promise<Row | undefined> => {
  const prepared = await prepare(scene)
  const calls = createCalls(scene, prepared)
  const mend = await fault.make(scene)
  if (!mend) return undefined
  const endOfFirst = calls.begin(Math.max(100, ms / 40))
  await sleep(ms)
  await mend()
  const mended = performance.now()
  const ended = endOfFirst()
  const endOfSecond = calls.begin(everyMs)
  const recovered = (): boolean =>
    columns.every((column) => {
      const after = calls.seen.filter((it) => it.column === column && it.begun >= mended)
      return after.length >= 5 && after.slice(-5).every(isWell)
    })
  while (!recovered() && performance.now() - mended < recoverWithinMs) await sleep(100)
  await endOfSecond()
  await ended
  const cells = Object.fromEntries(
    columns.map((column) => [
      column,
      cellOf(
        calls.seen.filter((it) => it.column === column),
        mended,
      ),
    ]),
  ) as Record<Column, Cell>
  const sessionsLost = await checkSessions(scene, prepared, calls)
  const journalGaps = await checkDeletions(scene, prepared, calls)
  await checkUpdate(scene, prepared, calls)
  return { fault: fault.name, cells, sessionsLost, journalGaps, wrong: calls.wrong }
}

const seconds = (ms: number): string => (ms < 995 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)
const shown = ({ worstMs, answers, recoveryMs }: Cell): string => {
  const counts = Object.entries(answers).map(([name, count]) => `${name.replace(/ (\w+)/, ' `$1`')} × ${count}`)
  return `${counts.join(', ')}; worst ${seconds(worstMs)}; back after ${recoveryMs === undefined ? 'more than 15 s' : seconds(recoveryMs)}`
}

/** As Markdown. */
export const tableOf = (rows: readonly Row[]): string => {
  const head = ['Fault', ...columns, 'lost, gaps, wrong']
  const lines = rows.map((row) => [
    row.fault,
    ...columns.map((column) => shown(row.cells[column])),
    `${row.sessionsLost}, ${row.journalGaps.length}, ${row.wrong.length}`,
  ])
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
