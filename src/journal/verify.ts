/** Verification of the whole log: bytes, order, signatures, roots, pairing, and every table derived from the events. Names the batch that is damaged. */
import type { Mark } from './anchor.ts'
import { checkSignature, originOf, type PublicKey, parseCheckpoint } from './checkpoint.ts'
import { checkDerived, type Page } from './derived.ts'
import { decode, type Event, nextState, type State } from './events.ts'
import { bytesOf, historyOf } from './reader.ts'
import type { Sealer } from './seal.ts'
import { type Store, unpackFrontier } from './store.ts'
import { type Frontier, leafHash, peaks, push, rootOf } from './tree.ts'

export interface Finding {
  readonly what: string
  /** The first event that is wrong, where that can be said. */
  readonly index?: number
  /** The batch that holds the damage: from, to (exclusive). */
  readonly batch?: readonly [number, number]
}

export interface Report {
  readonly ok: boolean
  readonly findings: readonly Finding[]
  readonly warnings: readonly string[]
  readonly from: number
  readonly size: number
  readonly root: string
  readonly checkpoints: number
  readonly milliseconds: number
}

export interface VerifyOptions {
  /** The key that must be in force at the end. Without one, only the log's own word is checked. */
  readonly trusted?: readonly PublicKey[]
  /** Checkpoints known from elsewhere. */
  readonly anchors?: readonly Mark[]
  /** Opens the sealed parts, to check what the events committed to. */
  readonly sealer?: Sealer
  readonly progress?: (done: number, size: number) => void
}

const PAGE = 2000
const MOST_FINDINGS = 50
const SKEW = 60_000
const stateNames: readonly (State | undefined)[] = [
  undefined,
  'pending',
  'success',
  'failure',
  'not_sent',
  'unknown',
  'applied',
  'not_applied',
  'indeterminate',
  'denied',
  'contradiction',
]

export async function verify(store: Store, { trusted = [], anchors = [], sealer, progress }: VerifyOptions = {}): Promise<Report> {
  const began = performance.now()
  const findings: Finding[] = []
  const warnings: string[] = []
  const find = (what: string, index?: number, batch?: readonly [number, number]): void => {
    if (findings.length < MOST_FINDINGS) findings.push({ what, ...(index !== undefined && { index }), ...(batch && { batch }) })
  }

  const [head] = await store.select('SELECT size, frontier, cut, key FROM head')
  const size = Number(head!['size'])
  const cut = Number(head!['cut'])
  const start = await beginning(store, cut, find)
  let tree: Frontier = { size: start.size, hashes: [...start.hashes] }
  const kept = new Map<string, Buffer>()
  let key = start.key
  let signedUpTo = cut
  let forked = false
  let checkpoints = 0
  let latest = 0
  const signatures: Promise<void>[] = []

  const states = new Uint8Array(size)
  const pair = pairing(store, states, cut, find)

  const anchored = new Map<number, string>()
  for (const mark of anchors) {
    if (mark.size > size) find(`the log went back: it was anchored at ${mark.size} and has ${size}`)
    else if (mark.size < cut) warnings.push(`the anchor at ${mark.size} lies below the cut at ${cut}`)
    else anchored.set(mark.size, mark.root)
  }

  /** The root after an event that ends a batch must be the one that was signed. */
  const closeBatch = (note: string): void => {
    checkpoints += 1
    const batch = [signedUpTo, tree.size] as const
    const checkpoint = parseCheckpoint(note)
    const signer = key
    if (!checkpoint || checkpoint.size !== tree.size || checkpoint.origin !== originOf(store.journal))
      find('a checkpoint is malformed or in another place', undefined, batch)
    else if (!forked && !checkpoint.root.equals(rootOf(tree))) {
      forked = true
      find('the events are not those that were signed', undefined, batch)
    }
    signatures.push(
      checkSignature(note, signer).then((good) => {
        if (!good) find('a checkpoint is not signed by the key in force', undefined, batch)
      }),
    )
    signedUpTo = tree.size
  }

  const take = (bytes: Uint8Array, event: Event | undefined, index: number): void => {
    push(tree, leafHash(bytes), (level, position, hash) => kept.set(`${level}/${position}`, hash))
    const time = Date.parse(event?.time ?? '')
    if (latest - time > SKEW) warnings.push(`the time of event ${index} is ${latest - time} ms before an earlier one`)
    latest = Math.max(latest, time || 0)
    const root = anchored.get(tree.size)
    if (root !== undefined && root !== rootOf(tree).toString('base64'))
      find(`the log is not the one that was anchored at ${tree.size}`, index)
  }

  // In SQLite the columns are read out of the body each time, and inspect() compares the indexes; in PostgreSQL they are stored.
  const columns = store.kind === 'postgres' ? ', id, op, kind, action, time, actor, key, ticket' : ''
  let next = cut
  while (next < size) {
    const to = Math.min(next + PAGE, size)
    const rows = await store.select(
      `SELECT seq, ${bytesOf(store)} AS bytes${columns} FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`,
      [next, to],
    )
    const notes = new Map(
      (await store.select('SELECT size, note FROM checkpoint WHERE size > $1 AND size <= $2', [next, to])).map((row) => [
        Number(row['size']),
        String(row['note']),
      ]),
    )
    const page: Page = { from: next, to, rows: [] }
    const rotations = new Map<number, string>()
    for (const row of rows) {
      const index = Number(row['seq'])
      if (index !== next) {
        find(`events ${next} to ${index - 1} are missing`, next)
        forked = true
        tree = blank(index)
        next = index
      }
      const event = readEvent(row['bytes'] as Uint8Array)
      if (!event) find('an event is not readable', index)
      else page.rows.push({ index, event, row })
      take(row['bytes'] as Uint8Array, event, index)
      if (event?.kind === 'system' && event.action === 'key_rotated') rotations.set(index, String(event.facts?.['key']))
      next = index + 1
      const note = notes.get(next)
      if (note !== undefined) {
        closeBatch(note)
        // A change of keys holds from the next batch on.
        for (const [at, rotated] of rotations) {
          key = rotated
          rotations.delete(at)
        }
      }
    }
    if (next < to) {
      find(`events ${next} to ${to - 1} are missing`, next)
      next = to
      forked = true
      tree = blank(to)
    }
    await pair(page)
    await checkDerived(store, page, sealer, find)
    await Promise.all(signatures.splice(0))
    progress?.(next, size)
  }

  const [beyond] = await store.select(
    'SELECT count(*) AS events, (SELECT count(*) FROM checkpoint WHERE size > $1) AS notes FROM event WHERE seq >= $1',
    [size],
  )
  // A live log grows meanwhile; then its head has grown with it.
  const [now] = await store.select('SELECT size FROM head')
  if (Number(now!['size']) === size && (Number(beyond!['events']) || Number(beyond!['notes'])))
    find('there are events or checkpoints beyond the head', size)
  if (signedUpTo !== size) find('the end of the log is not signed', signedUpTo, [signedUpTo, size])
  const frontier = Buffer.concat(unpackFrontier(head!['frontier'] as Uint8Array))
  if (!frontier.equals(Buffer.concat(tree.hashes))) find('the head does not fit the events')
  if (key !== head!['key']) find('the head names another key than the log')
  if (trusted.length > 0 && !trusted.includes(key)) find('the log is signed by a key that is not trusted')
  await checkStates(store, states, cut, size, find)
  await checkNodes(store, kept, start, cut, find)
  for (const problem of await store.inspect()) find(problem)

  const root = rootOf(tree).toString('base64')
  return {
    ok: findings.length === 0,
    findings,
    warnings,
    from: cut,
    size,
    root,
    checkpoints,
    milliseconds: Math.round(performance.now() - began),
  }
}

/** Where events are missing no root can be computed; the rest is still read. */
const blank = (size: number): Frontier => ({ size, hashes: peaks(size).map(() => Buffer.alloc(32)) })

const readEvent = (bytes: Uint8Array): Event | undefined => {
  try {
    const event = decode(bytes)
    return event.v === 1 && typeof event.id === 'string' ? event : undefined
  } catch {
    return undefined
  }
}

type Find = (what: string, index?: number, batch?: readonly [number, number]) => void

/** Where the log begins: at nothing, or at the cut of the last `pruned` event, which carries the frontier and the key. */
async function beginning(store: Store, cut: number, find: Find): Promise<Frontier & { key: PublicKey }> {
  const rows = await store.select(
    cut === 0
      ? 'SELECT body FROM event WHERE seq = 0'
      : "SELECT body FROM event WHERE kind = 'system' AND action = 'pruned' ORDER BY seq DESC",
  )
  const events = rows.map((row) => readEvent(Buffer.from(String(row['body']))))
  // A prune that was interrupted after its event is done again, and then there are two.
  const event = cut === 0 ? events[0] : events.find((it) => it?.facts?.['to'] === cut)
  const key = String(event?.facts?.['key'] ?? '')
  if (cut === 0) {
    if (event?.action !== 'created' || event.facts?.['journal'] !== store.journal) find('the log does not begin with its own creation', 0)
    return { size: 0, hashes: [], key }
  }
  const { to, frontier } = (event?.facts ?? {}) as { to?: number; frontier?: string[] }
  if (to !== cut || !frontier || frontier.length !== peaks(cut).length) find(`the log is cut at ${cut} without an event that says so`, cut)
  return {
    ...(frontier?.length === peaks(cut).length ? { size: cut, hashes: frontier.map((hash) => Buffer.from(hash, 'base64')) } : blank(cut)),
    key,
  }
}

/** Follows each operation through its events; one byte of memory for each event. */
function pairing(store: Store, states: Uint8Array, cut: number, find: Find): (page: Page) => Promise<void> {
  const operations = new Map<string, number>()
  const placeOf = async (page: Page): Promise<void> => {
    // Most outcomes follow their intent closely; the rest is asked for at once.
    if (operations.size > 50_000) operations.clear()
    for (const { index, event } of page.rows)
      if (startsOperation(event) && event.operation && !operations.has(event.operation.id)) operations.set(event.operation.id, index)
    const unknown = [
      ...new Set(page.rows.flatMap(({ event }) => (event.operation && !operations.has(event.operation.id) ? [event.operation.id] : []))),
    ]
    for (let at = 0; at < unknown.length; at += 200) {
      const some = unknown.slice(at, at + 200)
      const rows = await store.select(
        `SELECT op, min(seq) AS seq FROM event WHERE op IN (${some.map((_, n) => `$${n + 1}`).join(',')}) GROUP BY op`,
        some,
      )
      for (const row of rows) operations.set(String(row['op']), Number(row['seq']))
    }
  }
  return async (page) => {
    await placeOf(page)
    for (const { index, event } of page.rows) {
      if (!event.operation) continue
      const place = operations.get(event.operation.id) ?? index
      if (event.intentIndex !== undefined && event.intentIndex !== place && event.intentIndex >= cut)
        find('an outcome points to another intent', index)
      // Its beginning was pruned: what follows cannot be judged.
      if (event.intentIndex !== undefined && event.intentIndex < cut) continue
      const state = nextState(stateNames[states[place] ?? 0], event)
      if (state === undefined) find(`this ${event.kind} has no place in its operation`, index)
      else states[place] = stateNames.indexOf(state)
    }
  }
}

const startsOperation = (event: Event): boolean =>
  event.kind === 'intent' || event.kind === 'denied' || (event.kind === 'outcome' && event.recorded === true)

/** The table of operations says of each what the events say. */
async function checkStates(store: Store, states: Uint8Array, cut: number, size: number, find: Find): Promise<void> {
  for (let from = cut; from < size; from += 20_000) {
    for (const row of await store.select('SELECT seq, op, state FROM operation WHERE seq >= $1 AND seq < $2', [
      from,
      Math.min(size, from + 20_000),
    ])) {
      const seq = Number(row['seq'])
      if (stateNames[states[seq]!] === row['state']) continue
      // It may have moved on while we were reading.
      const history = await historyOf(store, String(row['op']))
      const folded = history?.events.reduce<State | undefined>((state, { event }) => nextState(state, event) ?? state, undefined)
      if (folded !== history?.state) find(`the table of operations says ${history?.state} where the events say ${folded}`, seq)
    }
  }
  const [stray] = await store.select('SELECT count(*) AS n FROM operation WHERE seq < $1', [cut])
  if (Number(stray!['n'])) find('the table of operations holds rows that no event stands for')
  const orphans = await store.select('SELECT event FROM snapshot WHERE event NOT IN (SELECT id FROM event) LIMIT 1')
  if (orphans.length > 0) find(`a sealed part belongs to no event: ${String(orphans[0]!['event'])}`)
}

async function checkNodes(store: Store, expected: Map<string, Buffer>, start: Frontier, cut: number, find: Find): Promise<void> {
  peaks(cut).forEach(({ level, position }, at) => {
    expected.set(`${level}/${position}`, start.hashes[at] ?? Buffer.alloc(0))
  })
  const found = new Map<string, Uint8Array>()
  for (const row of await store.select('SELECT level, position, hash FROM node'))
    found.set(`${Number(row['level'])}/${Number(row['position'])}`, row['hash'] as Uint8Array)
  for (const [name, hash] of expected) {
    const node = found.get(name)
    if (!node || !hash.equals(node)) return find(`the node ${name} of the tree is not what the events give`)
  }
}
