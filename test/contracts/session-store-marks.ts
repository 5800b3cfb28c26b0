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
    await store().markGone(before.tag, 'a')
    await sleep(5)
    const after = place(before.tag)
    await store().create(after, newSession())
    expect((await store().enter(before, touch))?.gone).toBe(true)
    expect((await store().enter(after, touch))?.gone).toBe(false)
    await store().unmarkGone(before.tag, 'a')
    expect((await store().enter(before, touch))?.gone).toBe(false)
  })

  test('of several who mark a person as gone, whoever fails takes back the own mark alone', async () => {
    const at = place()
    await store().create(at, newSession())
    const isGone = async () => (await store().enter(at, touch))?.gone
    const mark = async (removal: string): Promise<number> => {
      await store().markGone(at.tag, removal)
      return Number(await store().readMark(at.tag, 'gone'))
    }
    const [first, second] = [await mark('first'), await mark('second')]
    expect(second).toBeGreaterThan(first)
    await store().unmarkGone(at.tag, 'second')
    expect(await store().readMark(at.tag, 'gone')).toBe(String(first))
    const third = await mark('third')
    await store().unmarkGone(at.tag, 'first')
    expect(await store().readMark(at.tag, 'gone')).toBe(String(third))
    await store().unmarkGone(at.tag, 'third')
    expect(await isGone()).toBe(false)
  })

  test('of one mark that was set twice, since its answer was lost, nothing stays; of none nothing is taken', async () => {
    const at = place()
    await store().create(at, newSession())
    await store().unmarkGone(at.tag, 'never')
    for (const removal of ['twice', 'twice']) await store().markGone(at.tag, removal)
    await store().unmarkGone(at.tag, 'twice')
    expect(await store().readMark(at.tag, 'gone')).toBeUndefined()
  })

  test('a mark that comes after it was taken back is none', async () => {
    const at = place()
    await store().create(at, newSession())
    for (const _ of ['once', 'and again']) await store().unmarkGone(at.tag, 'late')
    await store().markGone(at.tag, 'late')
    expect(await store().readMark(at.tag, 'gone')).toBeUndefined()
    await store().markGone(at.tag, 'another')
    expect((await store().enter(at, touch))?.gone).toBe(true)
  })

  test('a person whose sessions were ended stays gone, whoever fails later', async () => {
    const at = place()
    await store().create(at, newSession())
    for (const removal of ['done', 'fails']) await store().markGone(at.tag, removal)
    await store().endAll(at.tag)
    const gone = await store().readMark(at.tag, 'gone')
    await store().unmarkGone(at.tag, 'fails')
    expect(await store().readMark(at.tag, 'gone')).toBe(gone)
    await store().markGone(at.tag, 'again')
    await store().unmarkGone(at.tag, 'again')
    expect(await store().readMark(at.tag, 'gone')).toBe(gone)
  })
}
