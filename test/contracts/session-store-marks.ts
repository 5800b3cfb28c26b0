/** Marks of people that every session store must keep: their other name, when they were signed out, and that they are gone. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { SessionStore } from '../../src/session/store/session-store.ts'
import { newSession, place, touch } from './session-store-samples.ts'

export const marksOfPeople = (store: () => SessionStore): void => {
  test('keeps marks of a person across sessions', async () => {
    const at = place()
    await store().mark(at.tag, 'smooch', 'name-1')
    await store().create(at, newSession())
    expect((await store().enter(at, touch))?.smooch).toBe('name-1')
    expect(await store().readMark(at.tag, 'smooch')).toBe('name-1')
    await store().unmark(at.tag, 'smooch')
    expect(await store().readMark(at.tag, 'smooch')).toBeUndefined()
  })

  test('counts logouts, and keeps of whom it was told which was the last, and the latest time that was said', async () => {
    const { tag } = place()
    const before = await store().logouts()
    const first = await store().addLogout()
    const last = await store().addLogout()
    expect([first > before, last > first, (await store().logouts()) >= last]).toEqual([true, true, true])
    await store().markSignedOut(tag, { heard: last, saidAt: 1_700_000_100 })
    await store().markSignedOut(tag, { heard: first, saidAt: 1_700_000_000 })
    expect(await store().readMark(tag, 'heard')).toBe(String(last))
    expect(await store().readMark(tag, 'signedOut')).toBe('1700000100')
  })

  test('tells a session from before a person was gone from a later one', async () => {
    const before = place()
    await store().create(before, newSession())
    await sleep(5)
    const mark = await store().markGone(before.tag)
    await sleep(5)
    const after = place(before.tag)
    await store().create(after, newSession())
    expect((await store().enter(before, touch))?.gone).toBe(true)
    expect((await store().enter(after, touch))?.gone).toBe(false)
    await store().unmarkGone(before.tag, mark)
    expect((await store().enter(before, touch))?.gone).toBe(false)
  })

  test('of several who mark a person as gone, whoever fails takes back the own mark alone', async () => {
    const at = place()
    await store().create(at, newSession())
    const isGone = async () => (await store().enter(at, touch))?.gone
    const [first, second] = [await store().markGone(at.tag), await store().markGone(at.tag)]
    expect([first.before, second.before, second.at > first.at]).toEqual([0, first.at, true])
    await store().unmarkGone(at.tag, first)
    expect(await isGone()).toBe(true)
    await store().unmarkGone(at.tag, second)
    expect(await store().readMark(at.tag, 'gone')).toBe(String(first.at))
    await store().unmarkGone(at.tag, first)
    expect(await isGone()).toBe(false)
  })
}
