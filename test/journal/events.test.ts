/** How an event becomes bytes, and what may follow what. */
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decode, type Event, encode, newId, nextState, type State } from '../../src/journal/event/event.ts'
import { refuseNetwork } from '../../src/journal/store/sqlite/reading.ts'
import { anyText } from '../support/any-text.ts'

const event = (more: Partial<Event>): Event => ({
  v: 1,
  id: newId('evt'),
  kind: 'intent',
  time: '2026-03-02T09:14:07.482Z',
  action: 'delete_app_user',
  ...more,
})

describe('an event', () => {
  test('is one line of JSON without a character that lies to the eye, whatever a client sent', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 300 }), (text) => {
        const body = encode(event({ reason: { ticket: `a${text}` } }))
        return (
          !/[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u.test(body) &&
          decode(body).reason?.ticket === `a${text}`.toWellFormed().replaceAll('\0', '\ufffd')
        )
      }),
      { numRuns: 2000 },
    )
  })

  test('is at most 16 KB, and long texts are shortened', () => {
    expect(decode(encode(event({ reason: { ticket: 'x'.repeat(9000) } }))).reason?.ticket).toHaveLength(513)
    const roles = Array.from({ length: 100 }, () => 'x'.repeat(400))
    expect(() => encode(event({ actor: { type: 'staff', id: 'a', roles } }))).toThrow('16384')
  })

  test.each(['x', 'é', '"', '\\'])('a text of 512 characters stays whole, one more is shortened: %s', (last) => {
    const ticketOf = (length: number) => decode(encode(event({ reason: { ticket: last.padStart(length, 'x'), code: 'c' } }))).reason?.ticket
    expect(ticketOf(512)).toBe(last.padStart(512, 'x'))
    expect(ticketOf(513)).toBe(`${'x'.repeat(512)}…`)
  })

  test('ids rise with time', () => {
    const ids = Array.from({ length: 50 }, () => newId('op'))
    expect(new Set(ids).size).toBe(50)
    expect(ids[0]).toMatch(/^op_[0-9a-f]{8}-[0-9a-f]{4}-7/)
  })

  test.each([
    [undefined, { kind: 'intent' }, 'pending'],
    ['pending', { kind: 'intent' }, undefined],
    [undefined, { kind: 'outcome', outcome: 'success' }, undefined],
    [undefined, { kind: 'outcome', outcome: 'success', recorded: true }, 'success'],
    ['pending', { kind: 'outcome', outcome: 'unknown' }, 'unknown'],
    ['success', { kind: 'outcome', outcome: 'failure' }, undefined],
    ['unknown', { kind: 'resolved', verdict: 'applied' }, 'applied'],
    ['pending', { kind: 'resolved', verdict: 'not_applied' }, 'not_applied'],
    ['applied', { kind: 'outcome', outcome: 'success' }, 'contradiction'],
    ['contradiction', { kind: 'resolved', verdict: 'applied' }, 'applied'],
    ['indeterminate', { kind: 'resolved', verdict: 'applied' }, 'applied'],
    ['success', { kind: 'resolved', verdict: 'applied' }, 'applied'],
    ['failure', { kind: 'resolved', verdict: 'applied' }, undefined],
    ['not_sent', { kind: 'resolved', verdict: 'applied' }, undefined],
    [undefined, { kind: 'denied' }, 'denied'],
  ] as [State | undefined, Partial<Event>, State | undefined][])('after %s, %j leads to %s', (before, more, after) => {
    expect(nextState(before, event(more))).toBe(after)
  })
})

test('network file systems are refused, local ones are not', () => {
  for (const type of [0x6969, 0xff534d42, -11317950, 0xfe534d42]) expect(() => refuseNetwork(type)).toThrow('network file system')
  for (const type of [0xef53, 0x58465342, 0x01021994]) expect(() => refuseNetwork(type)).not.toThrow()
})
