/** The tree of a stored log: hashes, inclusion proofs, and whether its end is what was signed. */

import { decode } from '../event/event.ts'
import { openCheckpoint, originOf, type PublicKey, parseCheckpoint } from '../log/checkpoint.ts'
import { writeProof } from '../log/proof.ts'
import { checkInclusion, type Hash, type HashOf, inclusionProof, isKept, leafHash, nodeHash, rootAt } from '../log/tree.ts'
import type { Store } from './journal-store.ts'
import { bytesBetween, bytesOfEvent, checkpointAt, latestCheckpoint, logEnd, nodeAt, systemEvents } from './queries/log.ts'
import type { Source } from './queries/source.ts'

/** Stored hashes where there are some, else computed from the leaves. */
export function treeOf(store: Source): HashOf {
  const hashOf: HashOf = async (level, position) => {
    const kept = isKept(level) ? await nodeAt(store, level, position) : undefined
    if (kept) return kept
    if (level <= 8) return subtree(level, position)
    return nodeHash(await hashOf(level - 1, position * 2), await hashOf(level - 1, position * 2 + 1))
  }
  const subtree = async (level: number, position: number): Promise<Hash> => {
    const width = 2 ** level
    const leaves = await bytesBetween(store, position * width, (position + 1) * width)
    let hashes = leaves.map(({ bytes }) => leafHash(bytes))
    if (hashes.length === width) {
      while (hashes.length > 1)
        hashes = Array.from({ length: hashes.length / 2 }, (_, at) => nodeHash(hashes[at * 2]!, hashes[at * 2 + 1]!))
      return hashes[0]!
    }
    // Partly pruned: the frontier at the cut is stored, whatever its levels.
    const kept = await nodeAt(store, level, position)
    if (kept) return kept
    if (level === 0) throw new Error(`event ${position} is missing`)
    return nodeHash(await subtree(level - 1, position * 2), await subtree(level - 1, position * 2 + 1))
  }
  return hashOf
}

/** The signed root of a batch that ended at this size. */
export async function rootSigned(store: Source, size: number): Promise<Buffer | undefined> {
  const note = await checkpointAt(store, size)
  return note === undefined ? undefined : parseCheckpoint(note)?.root
}

/** Throws unless the end of the log is what was last signed. */
export async function checkTail(store: Store): Promise<void> {
  const { size, key, note } = await logEnd(store)
  const rotated = (await systemEvents(store, 'key_rotated')).at(-1)
  const former = rotated && String(decode(rotated.body).facts?.['former'] ?? '')
  const signed = note === null ? undefined : openCheckpoint(note, [key, ...(former ? [former] : [])])
  if (!signed || signed.size !== size || signed.origin !== originOf(store.journal))
    throw new Error('the log does not end in a checkpoint signed by its key')
  if (!(await rootAt(size, treeOf(store))).equals(signed.root)) throw new Error('the end of the log is not what was signed')
}

/** The tlog-proof of one event under this checkpoint, verified before it is returned. */
async function proofUnder(store: Source, note: string, hashOf: HashOf, id: string): Promise<string | undefined> {
  const event = await bytesOfEvent(store, id)
  if (!event) return undefined
  const { index, bytes } = event
  const { size, root } = parseCheckpoint(note)!
  const path = await inclusionProof(index, size, hashOf)
  if (!checkInclusion(leafHash(bytes), index, size, path, root))
    throw new Error(`event ${index} does not belong to the log that was signed; run verify`)
  // Includes the event: one file is all that a third party needs.
  return writeProof(index, path, note, bytes)
}

/** Under the newest checkpoint. */
export const proofOf = async (store: Source, id: string): Promise<string | undefined> =>
  proofUnder(store, (await latestCheckpoint(store))!, treeOf(store), id)

/** Proofs of many events under one checkpoint; each hash is read once. */
export const proofsUnder = (store: Source, note: string): ((id: string) => Promise<string | undefined>) => {
  const tree = treeOf(store)
  const known = new Map<string, Promise<Hash>>()
  const hashOf: HashOf = (level, position) => {
    const key = `${level}/${position}`
    const hash = known.get(key) ?? Promise.resolve(tree(level, position))
    known.set(key, hash)
    return hash
  }
  return (id) => proofUnder(store, note, hashOf, id)
}

/** Public keys that the log names; none where it cannot be read. */
export async function keysNamed(store: Source): Promise<PublicKey[]> {
  try {
    return (await systemEvents(store, 'created', 'key_rotated', 'pruned')).map(({ body }) => String(decode(body).facts?.['key']))
  } catch {
    return []
  }
}
