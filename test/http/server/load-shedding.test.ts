/** Who gets a place that becomes free, and who is refused when. */
import type { IncomingMessage } from 'node:http'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createLoadShedding, type LoadShedding, letIn, priorityOf } from '../../../src/http/server/load-shedding.ts'

const counts: [priority: string, count: number][] = []
let shedding: LoadShedding
beforeEach(() => {
  jest.useFakeTimers()
  counts.length = 0
  const log = { warn: () => undefined }
  const metrics = { shed: (priority: string, count: number) => void counts.push([priority, count]) }
  shedding = createLoadShedding(priorityOf, log as never, metrics as never)
})
afterEach(() => {
  shedding[Symbol.dispose]()
  jest.useRealTimers()
})

/** Deletions, whose places are of a fixed number. */
const deletion = (...rawHeaders: string[]): IncomingMessage =>
  ({ method: 'DELETE', url: '/bff/v1.1/appusers/u1', rawHeaders, socket: { destroyed: false } }) as never
const read = (): IncomingMessage => ({ method: 'GET', url: '/bff/v1.1/appusers/me', rawHeaders: [], socket: { destroyed: false } }) as never

/** Fills every place; those who have one. */
const fill = (request: () => IncomingMessage = deletion): IncomingMessage[] => {
  const inside: IncomingMessage[] = []
  for (let next = request(); shedding.admits(next); next = request()) inside.push(next)
  return inside
}

/** A further request, and what was decided of it. */
const further = (request = deletion()) => {
  const it: { request: IncomingMessage; admitted?: boolean } = { request }
  expect(shedding.admits(request)).toBe(false)
  shedding.hold(request, (admitted) => {
    it.admitted = admitted
  })
  return it
}

const told = (...all: { admitted?: boolean }[]) => all.map(({ admitted }) => admitted)

test('a place that becomes free is the latest one’s, and one place is one request’s', () => {
  const inside = fill()
  const [first, second, third] = [further(), further(), further()]
  expect(told(first, second, third)).toEqual([undefined, undefined, undefined])
  letIn(inside[0]!)
  letIn(inside[0]!)
  jest.advanceTimersByTime(1)
  expect(told(first, second, third)).toEqual([undefined, undefined, true])
  // Who was held back holds a place now, and gives it back.
  letIn(third.request)
  jest.advanceTimersByTime(1)
  expect(told(first, second)).toEqual([undefined, true])
})

test('who has waited for a moment in vain gets no place any more, and is refused', () => {
  const inside = fill()
  const early = further()
  jest.advanceTimersByTime(90)
  const late = further()
  expect(told(early)).toEqual([undefined])
  jest.advanceTimersByTime(40)
  expect(told(early, late)).toEqual([false, undefined])
  letIn(inside[0]!)
  jest.advanceTimersByTime(1)
  expect(told(early, late)).toEqual([false, true])
  // Told once a second, also when nothing more comes.
  jest.advanceTimersByTime(1_000)
  expect(counts).toEqual([['guarded', 1]])
})

test('whose connection has ended is neither served nor refused', () => {
  const inside = fill()
  const [gone, here, alsoGone] = [further(), further(), further()]
  for (const { request } of [gone, alsoGone]) Object.assign(request.socket, { destroyed: true })
  letIn(inside[0]!)
  jest.advanceTimersByTime(1)
  expect(told(gone, here, alsoGone)).toEqual([undefined, true, undefined])
  jest.advanceTimersByTime(3_000)
  expect(told(gone, here, alsoGone)).toEqual([undefined, true, undefined])
  expect(counts).toEqual([])
})

test('more than may be held back are refused at once, the earliest first', () => {
  fill()
  const held = Array.from({ length: 8_193 }, () => further())
  expect(told(held[0]!, held[1]!, held.at(-1)!)).toEqual([false, undefined, undefined])
})

test('so are heads beyond 16 MB', () => {
  fill()
  const held = Array.from({ length: 1_025 }, () => further(deletion('Cookie', 'x'.repeat(16 * 1024))))
  expect(told(held[0]!, held[10]!, held.at(-1)!)).toEqual([false, undefined, undefined])
})

test('each priority has places and waits of its own', () => {
  fill(read)
  const held = further(read())
  const inside = fill()
  expect(inside).toHaveLength(256)
  const alsoHeld = further()
  letIn(inside[0]!)
  jest.advanceTimersByTime(1)
  expect(told(held, alsoHeld)).toEqual([undefined, true])
})
