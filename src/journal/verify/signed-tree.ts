/** The tree of the stored bytes, compared with checkpoints, keys in force, and outside anchors. */

import { decode, type Event } from '../event/event.ts'
import { originOf, type PublicKey, parseCheckpoint } from '../log/checkpoint.ts'
import { type Frontier, type Hash, leafHash, peaks, push, rootOf } from '../log/tree.ts'
import type { Store } from '../store/journal-store.ts'
import { eventsFrom, systemEvents } from '../store/queries/log.ts'
import type { Find } from './findings.ts'

interface TreeStart extends Frontier {
  readonly key: PublicKey
}

/** The beginning of the log: nothing, or the last `pruned` event, which holds frontier and key. */
export async function treeStart(store: Store, cut: number, find: Find): Promise<TreeStart> {
  const rows = cut === 0 ? await eventsFrom(store, 0, 1, 1) : await systemEvents(store, 'pruned')
  const events = rows.map(({ body }) => readEvent(Buffer.from(body)))
  // A prune that was interrupted after its event is repeated, and leaves two.
  const event = cut === 0 ? events[0] : events.findLast((it) => it?.facts?.['to'] === cut)
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

/** With events missing no root can be computed; the rest is still read. */
const blank = (size: number): Frontier => ({ size, hashes: peaks(size).map(() => Buffer.alloc(32)) })

export const readEvent = (bytes: Uint8Array): Event | undefined => {
  try {
    const event = decode(bytes)
    return event.v === 1 && typeof event.id === 'string' ? event : undefined
  } catch {
    return undefined
  }
}

/** True when this key signed the checkpoint. */
export type Check = (note: string, key: PublicKey) => boolean | Promise<boolean>

export function growTree(journal: string, start: TreeStart, anchors: ReadonlyMap<number, string>, find: Find, check: Check) {
  let tree: Frontier = { size: start.size, hashes: [...start.hashes] }
  let key = start.key
  let next: PublicKey | undefined
  let signedUpTo = start.size
  let forked = false
  let checkpoints = 0
  const nodes = new Map<string, Hash>()
  const signatures: Promise<void>[] = []
  return {
    take: (bytes: Uint8Array, event: Event | undefined, index: number): void => {
      push(tree, leafHash(bytes), (level, position, hash) => nodes.set(`${level}/${position}`, hash))
      if (event?.kind === 'system' && event.action === 'key_rotated') next = String(event.facts?.['key'])
      const root = anchors.get(tree.size)
      if (root !== undefined && root !== rootOf(tree).toString('base64'))
        find(`the log is not the one that was anchored at ${tree.size}`, index)
    },
    /** Compares the root at the end of a batch with the signed one. */
    closeBatch: (note: string): void => {
      checkpoints += 1
      const batch = [signedUpTo, tree.size] as const
      const checkpoint = parseCheckpoint(note)
      if (checkpoint?.size !== tree.size || checkpoint.origin !== originOf(journal))
        find('a checkpoint is malformed or in another place', undefined, batch)
      else if (!forked && !checkpoint.root.equals(rootOf(tree))) {
        forked = true
        find('the events are not those that were signed', undefined, batch)
      }
      signatures.push(
        Promise.resolve(check(note, key)).then((good) => {
          if (!good) find('a checkpoint is not signed by the key in force', undefined, batch)
        }),
      )
      signedUpTo = tree.size
      // A new key holds from the next batch on.
      key = next ?? key
      next = undefined
    },
    /** Events below this index are missing. */
    skipTo: (index: number): void => {
      find(`events ${tree.size} to ${index - 1} are missing`, tree.size)
      forked = true
      tree = blank(index)
    },
    /** Resolves when signature checks on other threads have ended. */
    settled: async (): Promise<void> => {
      await Promise.all(signatures.splice(0))
    },
    nodes: nodes as ReadonlyMap<string, Hash>,
    get tree() {
      return tree
    },
    get key() {
      return key
    },
    get signedUpTo() {
      return signedUpTo
    },
    get checkpoints() {
      return checkpoints
    },
  }
}
