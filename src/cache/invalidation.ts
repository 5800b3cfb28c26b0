/** Whatever changes a user goes through here: copies fall before the call and after it, under every name of the person, whatever became of it. */
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import type { BodyOf, Identified } from '../contract/schemas.ts'
import type { Ring } from '../crypto/key-ring.ts'
import { randomBytes } from '../crypto/random.ts'
import type { Upstream, UpstreamAnswer, UpstreamCall } from '../upstream/client.ts'
import { cellsBehind, linkTo } from './aliases.ts'
import type { Copies, User } from './entry.ts'
import { cellsOf, type Name, nameOf, namesOf } from './keys.ts'
import type { CacheStore, Drop, Dropped, Renewal } from './store/contract.ts'

type AnyCall = UpstreamCall<Operation>

export interface ChangesParts {
  readonly store: CacheStore
  readonly peppers: Ring
  readonly copies: Copies
  /** The store is also that of the sessions: when it is away nothing may change. Otherwise changes go on, and what could not be dropped is dropped later. */
  readonly strict: boolean
  readonly alarm: (what: string, cause: unknown) => void
}

/** Names that a person may have, and the two that are known to belong together. */
export interface Named {
  readonly names: readonly Name[]
  readonly both?: readonly [smooch: Name, user: Name] | undefined
}

/** The cell that gets what a write left. */
interface Renewed {
  readonly cell: string
  readonly renewal: Renewal
}

/** A person that a call is about, by the id it was given. */
interface Person {
  readonly id: string
  readonly removed: boolean
}

// Longer than any write may take: a process that dies in the middle of one leaves no copy from that time.
const underWayMs = 20_000
/** A deletion is asynchronous, and a call whose outcome is unknown may yet take effect. */
const tombstoneMs = 60_000
const retry = { everyMs: 1_000, forMs: 330_000, most: 10_000 }

export const createChanges = ({ store, peppers, copies, strict, alarm }: ChangesParts) => {
  const late = new Map<string, { drop: Drop; until: number }>()
  let timer: NodeJS.Timeout | undefined

  const dropLater = (cell: string, drop: Drop): void => {
    if (late.size < retry.most) late.set(cell, { drop, until: performance.now() + retry.forMs })
    timer ??= setInterval(() => void dropLate(), retry.everyMs).unref()
  }
  const dropLate = async (): Promise<void> => {
    for (const [cell, { drop, until }] of late) {
      try {
        await follow((await store.drop(cell, drop)).link, cell, drop)
      } catch {
        if (performance.now() < until) return
      }
      late.delete(cell)
    }
    clearInterval(timer)
    timer = undefined
  }

  /** The cells that a link leads to fall too, but for those that fall already. */
  const follow = async (
    link: string | undefined,
    cell: string,
    { link: _, ...drop }: Drop,
    others?: ReadonlyMap<string, Drop>,
  ): Promise<void> => {
    const behind = cellsBehind(peppers, cell, link).filter((other) => !others?.has(other))
    await Promise.all(behind.map((other) => store.drop(other, drop)))
  }

  const dropCell = async (cell: string, drop: Drop, others: ReadonlyMap<string, Drop>): Promise<Dropped> => {
    try {
      const dropped = await store.drop(cell, drop)
      await follow(dropped.link, cell, drop, others)
      return dropped
    } catch (cause) {
      dropLater(cell, drop)
      throw cause
    }
  }

  /** The cells of a person under these names and the one linked to them, and how each is to fall. */
  const dropsOf = (app: string, { names, both }: Named, how: Drop): Map<string, Drop> => {
    const drops = new Map<string, Drop>()
    for (const name of names) for (const cell of cellsOf(peppers, app, name)) drops.set(cell, how)
    for (const [name, other] of both ? [both, [both[1], both[0]] as const] : [])
      for (const cell of cellsOf(peppers, app, name)) drops.set(cell, { ...how, link: linkTo(peppers, cell, app, other) })
    return drops
  }

  /** Rejects when the store is away, and then goes on trying. With a renewal its cell falls last, and only if it may not be renewed. */
  const drop = async (app: string, named: Named, how: Drop, renewed?: Renewed): Promise<void> => {
    const drops = dropsOf(app, named, how)
    const first = [...drops].filter(([cell]) => cell !== renewed?.cell)
    const done = await Promise.allSettled(first.map(([cell, each]) => dropCell(cell, each, drops)))
    if (renewed) {
      const fallen = done.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
      const all = fallen.length === done.length
      const alone = all && !fallen.some(({ unsettled }) => unsettled)
      const stored = alone && (await store.renew(renewed.cell, renewed.renewal).catch(() => false))
      // A link lets readers of the other name store: it is told only when that one's cell has fallen.
      if (!stored) await dropCell(renewed.cell, (all && drops.get(renewed.cell)) || how, drops)
    }
    const failed = done.find((it) => it.status === 'rejected')
    if (failed) throw failed.reason
  }

  /** False when the drop will be made late: it may then stand after writes that came later, and tells nobody to be alone. */
  const before = async (app: string, named: Named, writer: string): Promise<boolean> => {
    try {
      await drop(app, named, { blockMs: underWayMs, writer })
      return true
    } catch (cause) {
      if (strict) throw new Problem('session_store_unavailable', { cause, outcome: 'not_sent', headers: { 'Retry-After': '1' } })
      alarm('copies could not be dropped before a change; it goes on', cause)
      return false
    }
  }

  /** The vendor has answered, so a store that fails now must not turn the answer into an error: the block set before holds until it is back. */
  const after = async (app: string, named: Named, how: Drop, renewed?: Renewed): Promise<void> => {
    try {
      await drop(app, named, how, renewed)
    } catch (cause) {
      alarm('copies could not be dropped after a change; it will be tried again', cause)
    }
  }

  const tombstoneOf = (app: string, id: string): string => {
    const smooch = namesOf(id).find(({ kind }) => kind === 'smooch')
    return smooch ? cellsOf(peppers, app, smooch)[0] : '?'
  }

  /** What an update says of the whole user is what the next reader would fetch. */
  const renewalOf = (app: string, { operation }: AnyCall, id: string, body: unknown, writer: string): Renewed | undefined => {
    if (operation.effect !== 'write' || operation.returns !== 'AppUserResponse') return undefined
    const name = nameOf(id)
    const [cell] = cellsOf(peppers, app, name)
    const toKeep = copies.toKeep(cell, app, name, copies.of(body as User))
    if (!toKeep) return undefined
    const { here: _, there, ...kept } = toKeep
    return { cell, renewal: { ...kept, writer, link: linkTo(peppers, cell, app, there) } }
  }

  /** Copies fall before the call and after it, by what became of it. */
  const around = async (app: string, call: AnyCall, send: () => Promise<UpstreamAnswer>): Promise<UpstreamAnswer> => {
    const persons = personsOf(call)
    const writer = randomBytes(9).toString('base64url')
    const known = await Promise.all(persons.map(({ id }) => before(app, { names: namesOf(id) }, writer)))
    let ending: (person: Person) => Drop = () => ({ blockMs: tombstoneMs, tombstone: '?' })
    let answer: UpstreamAnswer | undefined
    try {
      answer = await send()
      ending = ({ id, removed }) => (removed ? { blockMs: tombstoneMs, tombstone: tombstoneOf(app, id) } : { blockMs: 0 })
      return answer
    } catch (error) {
      if (error instanceof Problem && error.particulars.outcome !== 'unknown') ending = () => ({ blockMs: 0 })
      throw error
    } finally {
      const both = answer && bothNames(call.operation, answer.body)
      const renewed = ({ id }: Person) => (answer && !known.includes(false) ? renewalOf(app, call, id, answer.body, writer) : undefined)
      await Promise.all(persons.map((person) => after(app, { names: namesOf(person.id), both }, ending(person), renewed(person))))
    }
  }

  /** The same upstream, of which no change leaves a copy behind. */
  const keepingFresh = (upstream: Upstream): Upstream => ({
    ...upstream,
    call: (app, call) =>
      call.operation.cache === 'invalidate' ? around(app.appId, call, () => upstream.call(app, call)) : upstream.call(app, call),
    callGuarded: (app, permit, call) => around(app.appId, call, () => upstream.callGuarded(app, permit, call)),
  })

  return {
    keepingFresh,
    /** From outside, the vendor's webhooks: drops, and ends the tombstone of a person whom the vendor says to be gone. Rejects when the store is away. */
    drop: (app: string, named: Named, final?: string): Promise<void> =>
      drop(app, named, { blockMs: 0, ...(final !== undefined && { final: tombstoneOf(app, final) }) }),
    close: (): void => clearInterval(timer),
  }
}

export type Changes = ReturnType<typeof createChanges>

/** A merge changes both, and its end is as asynchronous for the one as for the other. */
const personsOf = ({ operation, params, body }: AnyCall): Person[] => {
  if (operation.subject === 'both') {
    const { surviving, discarded } = body as BodyOf<'AppUserMerge'>
    return [surviving._id, discarded._id].map((id) => ({ id, removed: true }))
  }
  const id = operation.subject === 'body' ? (body as BodyOf<'AppUserPreCreate'>).userId : params?.['userId']
  return id === undefined ? [] : [{ id, removed: operation.removes !== undefined }]
}

const bothNames = (operation: Operation, body: unknown): Named['both'] => {
  if (operation.returns !== 'AppUserResponse') return undefined
  const { _id, userId } = (body as Identified).appUser
  return bothOf(_id, userId)
}

/** The two names of one person, when both are known for certain. */
export const bothOf = (smoochId: string, userId: string | null | undefined): Named['both'] =>
  typeof userId !== 'string'
    ? undefined
    : [
        { kind: 'smooch', id: smoochId },
        { kind: 'user', id: userId },
      ]
