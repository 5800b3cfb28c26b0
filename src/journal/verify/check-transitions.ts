/** Verification of operations through their events: outcomes have intents, nothing ends twice, and
 * the table of operations agrees. */

import { beginsOperation, nextState, type State } from '../event/event.ts'
import { historyOf } from '../store/history.ts'
import type { Source } from '../store/queries/source.ts'
import { beginningsOf, eventOfOrphan, operationsBetween } from '../store/queries/verification.ts'
import type { Page } from './check-indexes.ts'
import type { Find } from './findings.ts'

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

/** One byte of memory per event holds the state. */
export function checkTransitions(store: Source, states: Uint8Array, cut: number, find: Find): (page: Page) => Promise<void> {
  const operations = new Map<string, number>()
  const placeOf = async (page: Page): Promise<void> => {
    // Most outcomes follow their intent closely; others are looked up together.
    if (operations.size > 50_000) operations.clear()
    for (const { index, event } of page.rows)
      if (event.operation && beginsOperation(event) && !operations.has(event.operation.id)) operations.set(event.operation.id, index)
    const unknown = [
      ...new Set(page.rows.flatMap(({ event }) => (event.operation && !operations.has(event.operation.id) ? [event.operation.id] : []))),
    ]
    for (let at = 0; at < unknown.length; at += 200) {
      for (const { id, index } of await beginningsOf(store, unknown.slice(at, at + 200))) operations.set(id, index)
    }
  }
  return async (page) => {
    await placeOf(page)
    for (const { index, event } of page.rows) {
      if (!event.operation) continue
      const place = operations.get(event.operation.id) ?? index
      if (event.intentIndex !== undefined && event.intentIndex !== place && event.intentIndex >= cut)
        find('an outcome points to another intent', index)
      // Its first events were pruned: the rest cannot be judged.
      if (event.intentIndex !== undefined && event.intentIndex < cut) continue
      const state = nextState(stateNames[states[place] ?? 0], event)
      if (state === undefined) find(`this ${event.kind} has no place in its operation`, index)
      else states[place] = stateNames.indexOf(state)
    }
  }
}

/** Compares the table of operations with the events. */
export async function checkStates(store: Source, states: Uint8Array, cut: number, size: number, find: Find): Promise<void> {
  for (let from = cut; from < size; from += 20_000) {
    for (const { id, index, state } of await operationsBetween(store, from, Math.min(size, from + 20_000))) {
      if (stateNames[states[index]!] === state) continue
      // Read again: it may have changed during the verification.
      const history = await historyOf(store, id)
      const folded = history?.events.reduce<State | undefined>((state, { event }) => nextState(state, event) ?? state, undefined)
      if (folded !== history?.state) find(`the table of operations says ${history?.state} where the events say ${folded}`, index)
    }
  }
  const orphan = await eventOfOrphan(store)
  if (orphan !== undefined) find(`a sealed part belongs to no event: ${orphan}`)
}
