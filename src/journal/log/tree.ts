/** The Merkle tree of RFC 6962 over the stored bytes: hashes, frontier, roots, inclusion proofs. */
import { hash } from 'node:crypto'

export type Hash = Buffer
/** Hash of the complete subtree of 2^level leaves from leaf position × 2^level on. */
export type HashOf = (level: number, position: number) => Promise<Hash>

const leafPrefix = Buffer.of(0)
const nodePrefix = Buffer.of(1)
const sha256 = (...parts: Uint8Array[]): Hash => hash('sha256', Buffer.concat(parts), 'buffer')

/** Text is hashed as UTF-8. */
export const leafHash = (stored: string | Uint8Array): Hash =>
  typeof stored === 'string' ? hash('sha256', `\0${stored}`, 'buffer') : sha256(leafPrefix, stored)
export const nodeHash = (left: Uint8Array, right: Uint8Array): Hash => sha256(nodePrefix, left, right)
export const emptyRoot = sha256()

/** Levels whose hashes are stored, so that a proof reads a few hundred rows, not the whole log. */
export const isKept = (level: number): boolean => level > 0 && level % 8 === 0

/** Roots of the complete subtrees of a tree, largest first: enough to append. */
export interface Frontier {
  size: number
  hashes: Hash[]
}

export function push(frontier: Frontier, leaf: Hash, kept?: (level: number, position: number, hash: Hash) => void): void {
  let node = leaf
  let level = 0
  for (let rest = frontier.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
    node = nodeHash(frontier.hashes.pop()!, node)
    level += 1
    if (isKept(level)) kept?.(level, Math.floor(frontier.size / 2 ** level), node)
  }
  frontier.hashes.push(node)
  frontier.size += 1
}

export const rootOf = ({ hashes }: Frontier): Hash =>
  hashes.length === 0 ? emptyRoot : hashes.reduceRight((right, left) => nodeHash(left, right))

/** Complete subtrees of a tree of this size, largest first. */
export function peaks(size: number): { level: number; position: number }[] {
  const found: { level: number; position: number }[] = []
  for (let begin = 0; begin < size; ) {
    const level = Math.floor(Math.log2(size - begin))
    found.push({ level, position: begin / 2 ** level })
    begin += 2 ** level
  }
  return found
}

/** The largest power of two below n. */
const split = (n: number): number => {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

async function rangeHash(begin: number, end: number, hashOf: HashOf): Promise<Hash> {
  const width = end - begin
  const level = Math.log2(width)
  if (Number.isInteger(level)) return hashOf(level, begin / width)
  const middle = begin + split(width)
  return nodeHash(await rangeHash(begin, middle, hashOf), await rangeHash(middle, end, hashOf))
}

export const rootAt = async (size: number, hashOf: HashOf): Promise<Hash> => (size === 0 ? emptyRoot : rangeHash(0, size, hashOf))

/** RFC 6962, section 2.1.1: from the leaf's sibling up to the child of the root. */
export async function inclusionProof(index: number, size: number, hashOf: HashOf): Promise<Hash[]> {
  const path: Hash[] = []
  let [begin, end] = [0, size]
  while (end - begin > 1) {
    const middle = begin + split(end - begin)
    path.push(index < middle ? await rangeHash(middle, end, hashOf) : await rangeHash(begin, middle, hashOf))
    if (index < middle) end = middle
    else begin = middle
  }
  return path.reverse()
}

/** RFC 9162, section 2.1.3.2. */
export function checkInclusion(leaf: Hash, index: number, size: number, path: readonly Hash[], root: Hash): boolean {
  if (index >= size) return false
  let [fn, sn, node] = [index, size - 1, leaf]
  for (const sibling of path) {
    if (sn === 0) return false
    if (fn % 2 === 1 || fn === sn) {
      node = nodeHash(sibling, node)
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn / 2, Math.floor(sn / 2)]
    } else node = nodeHash(node, sibling)
    ;[fn, sn] = [Math.floor(fn / 2), Math.floor(sn / 2)]
  }
  return sn === 0 && node.equals(root)
}
