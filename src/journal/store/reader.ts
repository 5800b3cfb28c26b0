/** What is read from a store in several places: the tree's hashes, one operation, a proof, whether the tail is sound. */

import { decode, type Event, type State } from '../event/event.ts'
import { openCheckpoint, originOf, type PublicKey, parseCheckpoint } from '../log/checkpoint.ts'
import { writeProof } from '../log/proof.ts'
import { checkInclusion, type Hash, type HashOf, inclusionProof, isKept, leafHash, nodeHash, rootAt } from '../log/tree.ts'
import type { Source, Store } from './contract.ts'

/** Stored bytes as they are, before any decoding could hide a change. */
export const bytesOf = (store: Source): string => (store.kind === 'sqlite' ? 'CAST(body AS BLOB)' : "convert_to(body, 'UTF8')")

/** Kept nodes where there are some, else computed from the leaves below. */
export function treeOf(store: Source): HashOf {
  const hashOf: HashOf = async (level, position) => {
    if (isKept(level)) {
      const [kept] = await store.select('SELECT hash FROM node WHERE level = $1 AND position = $2', [level, position])
      if (kept) return Buffer.from(kept['hash'] as Uint8Array)
    }
    if (level <= 8) return subtree(level, position)
    return nodeHash(await hashOf(level - 1, position * 2), await hashOf(level - 1, position * 2 + 1))
  }
  const subtree = async (level: number, position: number): Promise<Hash> => {
    const width = 2 ** level
    const rows = await store.select(`SELECT seq, ${bytesOf(store)} AS bytes FROM event WHERE seq >= $1 AND seq < $2 ORDER BY seq`, [
      position * width,
      (position + 1) * width,
    ])
    let hashes = rows.map((row) => leafHash(row['bytes'] as Uint8Array))
    if (hashes.length === width) {
      while (hashes.length > 1)
        hashes = Array.from({ length: hashes.length / 2 }, (_, at) => nodeHash(hashes[at * 2]!, hashes[at * 2 + 1]!))
      return hashes[0]!
    }
    // Partly pruned: the frontier at the cut was kept, at whatever levels it has.
    const [kept] = await store.select('SELECT hash FROM node WHERE level = $1 AND position = $2', [level, position])
    if (kept) return Buffer.from(kept['hash'] as Uint8Array)
    if (level === 0) throw new Error(`event ${position} is missing`)
    return nodeHash(await subtree(level - 1, position * 2), await subtree(level - 1, position * 2 + 1))
  }
  return hashOf
}

export interface TreeHead {
  readonly size: number
  readonly cut: number
  readonly key: PublicKey
}

export async function treeHead(store: Source): Promise<TreeHead> {
  const [row] = await store.select('SELECT size, cut, key FROM head')
  return { size: Number(row!['size']), cut: Number(row!['cut']), key: String(row!['key']) }
}

export async function latestCheckpoint(store: Source): Promise<string | undefined> {
  const [row] = await store.select('SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1')
  return row && String(row['note'])
}

/** The root that the log signed at this size, when it ended a batch. */
export async function rootSigned(store: Source, size: number): Promise<Buffer | undefined> {
  const [row] = await store.select('SELECT note FROM checkpoint WHERE size = $1', [size])
  return row && parseCheckpoint(String(row['note']))?.root
}

/** Throws unless the end of the log is what was signed last. */
export async function checkTail(store: Store): Promise<void> {
  const { size, key } = await treeHead(store)
  const note = await latestCheckpoint(store)
  const previous = await store.select("SELECT body FROM event WHERE kind = 'system' AND action = 'key_rotated' ORDER BY seq DESC LIMIT 1")
  const keys = [key, ...previous.map((row) => String(decode(String(row['body'])).facts?.['former'] ?? ''))].filter(Boolean)
  const signed = note === undefined ? undefined : openCheckpoint(note, keys)
  if (!signed || signed.size !== size || signed.origin !== originOf(store.journal))
    throw new Error('the log does not end in a checkpoint signed by its key')
  if (!(await rootAt(size, treeOf(store))).equals(signed.root)) throw new Error('the end of the log is not what was signed')
}

export interface OperationHistory {
  readonly state: State
  readonly events: { readonly index: number; readonly event: Event }[]
}

export async function historyOf(store: Source, operation: string): Promise<OperationHistory | undefined> {
  const [row] = await store.select('SELECT state FROM operation WHERE op = $1', [operation])
  if (!row) return undefined
  const events = await store.select('SELECT seq, body FROM event WHERE op = $1 ORDER BY seq', [operation])
  return { state: row['state'] as State, events: events.map((it) => ({ index: Number(it['seq']), event: decode(String(it['body'])) })) }
}

/** The tlog-proof of one event under the newest checkpoint; checked before it leaves. */
export async function proofOf(store: Source, id: string): Promise<string | undefined> {
  const [row] = await store.select(`SELECT seq, ${bytesOf(store)} AS bytes FROM event WHERE id = $1`, [id])
  if (!row) return undefined
  const index = Number(row['seq'])
  const note = (await latestCheckpoint(store))!
  const { size, root } = parseCheckpoint(note)!
  const path = await inclusionProof(index, size, treeOf(store))
  if (!checkInclusion(leafHash(row['bytes'] as Uint8Array), index, size, path, root))
    throw new Error(`event ${index} does not belong to the log that was signed; run verify`)
  // The event goes along, so that one file is all that a third party needs.
  return writeProof(index, path, note, row['bytes'] as Uint8Array)
}

/** The keys that signed the log, as it says itself; none where it cannot be read. */
export async function keysNamed(store: Source): Promise<PublicKey[]> {
  try {
    const rows = await store.select("SELECT body FROM event WHERE kind = 'system' AND action IN ('created', 'key_rotated', 'pruned')")
    return rows.map((row) => String(decode(String(row['body'])).facts?.['key']))
  } catch {
    return []
  }
}
