/** The erasures that the log tells of. What stood beside an event may be missing when one of them,
 * later in the log, names somebody of that event. */
import type { Source } from '../store/queries/source.ts'
import { erasedEvents } from '../store/queries/verification.ts'
import { readEvent } from './signed-tree.ts'

const textsIn = (list: unknown): string[] => (Array.isArray(list) ? list.filter((it) => typeof it === 'string') : [])

export async function erasuresIn(store: Source) {
  const last = new Map<string, number>()
  let counted = 0
  /** Where it says only some of the names, everything before it may have been meant. */
  let vague = -1
  for (const { index, bytes } of await erasedEvents(store)) {
    const { subjects, ids } = readEvent(bytes)?.facts ?? {}
    if (!Array.isArray(subjects)) counted += Number(subjects ?? 0)
    if (!Array.isArray(ids)) vague = index
    for (const name of [...textsIn(subjects), ...textsIn(ids)]) last.set(name, index)
  }
  return {
    /** How many names were erased by versions that wrote down no more than that. */
    counted,
    /** True for a name whose row may be gone. */
    named: (name: string): boolean => last.has(name),
    /** True when what is sealed beside an event at this index, about these names, may be gone. */
    cover: (index: number, names: readonly string[]): boolean => index < vague || names.some((name) => (last.get(name) ?? -1) > index),
  }
}

export type Erasures = Awaited<ReturnType<typeof erasuresIn>>
