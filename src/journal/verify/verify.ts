/** Verification of the whole log: bytes, order, signatures, roots, transitions, and every table
 * derived from the events. It names the damaged batch. */

import { errorMessage } from '../../platform/error-message.ts'
import type { Sealer } from '../event/seal.ts'
import type { Mark } from '../log/anchor.ts'
import { checkSignature, type PublicKey } from '../log/checkpoint.ts'
import { discontinuity } from '../log/discontinuity.ts'
import { rootOf } from '../log/tree.ts'
import type { Store } from '../store/journal-store.ts'
import { type TreeHead, treeHead } from '../store/queries/log.ts'
import type { Source } from '../store/queries/source.ts'
import { endOfEvents, operationsWithin, type RawPage, rawPage, removalsSince, rowsOutside } from '../store/queries/verification.ts'
import { checkIndexes, checkNodes, type Page } from './check-indexes.ts'
import { checkNames } from './check-names.ts'
import { checkParts } from './check-parts.ts'
import { checkStates, checkTransitions } from './check-transitions.ts'
import { erasuresIn } from './erasures.ts'
import { createFindings, type Find, type Finding, placeOf, type Warn } from './findings.ts'
import { type Check, growTree, readEvent, treeStart } from './signed-tree.ts'

/** Nothing may stand below the cut, beyond the head, or where no event stands: readers would take
 * it for part of the log. A live log grows meanwhile, but so does its head. */
async function checkOutside(store: Source, size: number, find: Find): Promise<void> {
  const outside = await rowsOutside(store)
  if (outside.size < size || outside.beyond > 0) find('there are events or checkpoints beyond the head', size)
  if (outside.below > 0) find('there are events or checkpoints before the beginning of the log')
  if (outside.operations > 0) find('the table of operations holds rows that no event stands for')
  if (outside.targets > 0) find('a search by target would find events that are not in the log')
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

interface VerifyOptions {
  /** The key that must be in force at the end; without one, the log's own statement counts. */
  readonly trusted?: readonly PublicKey[]
  /** Checkpoints known from elsewhere. */
  readonly anchors?: readonly Mark[]
  /** Id of the journal that should be here. */
  readonly former?: string
  /** Opens the sealed parts, to compare them with the commitments. */
  readonly sealer?: Sealer
  /** Checks a signature; by default on the threads of the process, all cores at once. */
  readonly check?: Check
  readonly progress?: (done: number, size: number) => void
}

const pageSize = 1000
const skewMs = 60_000
const maxWarnings = 50

/** The log in pages; the next is read while this one is checked. */
async function* pages(store: Store, cut: number, size: number): AsyncGenerator<RawPage> {
  const read = async (from: number): Promise<RawPage | undefined> =>
    from >= size ? undefined : await rawPage(store, from, Math.min(from + pageSize, size))
  let page = await read(cut)
  while (page) {
    const following = read(page.to)
    // A failure is thrown when its page is due.
    following.catch(() => {})
    yield page
    page = await following
  }
}

/** Bounded: somebody who tampers could otherwise cause repeats for ever. */
const maxTries = 3

export async function verify(store: Store, options: VerifyOptions = {}): Promise<Report> {
  for (let tries = 1; ; tries += 1) {
    const report = await verifyOnce(store, options).catch((error: unknown) => ofBrokenSchema(store, error))
    if (report.ok || tries === maxTries || !(await cameBetween(store, report))) return report
  }
}

/** A table that is gone, or of another shape, cannot be read, and the look at the schema says so.
 * Throws again where the schema is whole: a store that is away is no tampering. */
async function ofBrokenSchema(store: Store, error: unknown): Promise<Report> {
  const { faults, notes } = await store.inspect().catch(() => ({ faults: [], notes: [] }))
  if (faults.length === 0) throw error
  const warnings = [...notes, `the rest was not checked: ${errorMessage(error)}`]
  return { ...nothing, ok: false, findings: faults.map((what) => ({ what })), warnings }
}

const nothing = { findings: [], warnings: [], from: 0, size: 0, root: '', checkpoints: 0, milliseconds: 0 }

/** True when a prune or erasure ran meanwhile: half-removed data looks like tampering. */
async function cameBetween(store: Store, { from, size }: Report): Promise<boolean> {
  const { cut, erased } = await removalsSince(store, size)
  return cut !== from || erased > 0
}

/** The anchored roots that the log can be held to, by size. */
const rootsWithin = (anchors: readonly Mark[], { size, cut }: { size: number; cut: number }, find: Find, warn: Warn) => {
  const roots = new Map<number, string>()
  for (const mark of anchors) {
    if (mark.size > size) find(`the log went back: it was anchored at ${mark.size} and has ${size}`)
    else if (mark.size < cut) warn(`the anchor at ${mark.size} lies below the cut at ${cut}`)
    else roots.set(mark.size, mark.root)
  }
  return roots
}

/** Times should not go back: clocks of replicas differ a little. */
const createTimeCheck = (warn: Warn) => {
  let latest = 0
  let warned = 0
  return (text: string | undefined, index: number): void => {
    const time = Date.parse(text ?? '') || latest
    if (latest - time > skewMs && warned++ < maxWarnings) warn(`the time of event ${index} is ${latest - time} ms before an earlier one`)
    latest = Math.max(latest, time)
  }
}

async function verifyOnce(
  store: Store,
  { trusted = [], anchors = [], former, sealer, check = checkSignature, progress }: VerifyOptions,
): Promise<Report> {
  const began = performance.now()
  const { all, warnings, find, warn } = createFindings()
  const head = await readableHead(store, find)
  const { size, cut } = head
  if (former !== undefined) find(discontinuity.replaced(former, store.journal))
  const anchored = rootsWithin(anchors, head, find, warn)

  const start = await treeStart(store, cut, find)
  const signed = growTree(store.journal, start, anchored, find, check)
  const states = new Uint8Array(size)
  const transitions = checkTransitions(store, states, cut, find)
  const erasures = await erasuresIn(store)
  const names = checkNames(store, sealer, erasures, find, warn)
  const parts = await checkParts(store, sealer, erasures, find)
  const checkTime = createTimeCheck(warn)
  for await (const { from, to, events, notes } of pages(store, cut, size)) {
    const page: Page = { from, to, rows: [] }
    for (const { index, bytes, columns } of events) {
      if (index !== signed.tree.size) signed.skipTo(index)
      const event = readEvent(bytes)
      if (event) page.rows.push({ index, event, columns })
      else find('an event is not readable', index)
      signed.take(bytes, event, index)
      checkTime(event?.time, index)
      const note = notes.get(index + 1)
      if (note !== undefined) signed.closeBatch(note)
    }
    if (signed.tree.size < to) signed.skipTo(to)
    await Promise.all([transitions(page), checkIndexes(store, page, find), parts(page), names.page(page), signed.settled()])
    progress?.(to, size)
  }

  await names.end(size, cut)
  await checkOutside(store, size, find)
  const { tree, key, nodes, signedUpTo, checkpoints } = signed
  if (signedUpTo !== size) find('the end of the log is not signed', signedUpTo, [signedUpTo, size])
  if (!Buffer.concat(tree.hashes).equals(head.frontier)) find('the head does not fit the events')
  if (key !== head.key) find('the head names another key than the log')
  if (trusted.length > 0 && !trusted.includes(key)) find('the log is signed by a key that is not trusted')
  await checkStates(store, states, cut, size, find)
  await checkNodes(store, nodes, start, cut, size, find)
  const { faults, notes } = await store.inspect()
  for (const fault of faults) find(fault)
  warnings.push(...notes)
  const findings = all()
  return {
    ok: findings.length === 0,
    findings: await Promise.all(findings.map((finding) => withOperations(store, finding))),
    warnings,
    from: cut,
    size,
    root: rootOf(tree).toString('base64'),
    checkpoints,
    milliseconds: Math.round(performance.now() - began),
  }
}

/** The head as far as events reach: a size of millions that nobody wrote is not gone through. */
async function readableHead(store: Store, find: Find): Promise<TreeHead> {
  const head = await treeHead(store)
  const end = await endOfEvents(store)
  if (head.size > end) find(`events ${end} to ${head.size - 1} are missing`, end)
  return { ...head, size: Math.max(0, Math.min(head.size, end)) }
}

const withOperations = async (store: Store, finding: Finding): Promise<Finding> => {
  const place = placeOf(finding)
  const operations = place ? await operationsWithin(store, ...place) : []
  return operations.length > 0 ? { ...finding, operations } : finding
}
