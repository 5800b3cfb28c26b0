/** The command `show --personal` printed names and addresses, and nothing said afterwards that somebody had looked. */
import { expect, test } from '@jest/globals'
import { decode } from '../../../src/journal/event/event.ts'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { newSigningKey } from '../../../src/journal/log/checkpoint.ts'
import { eventsFrom } from '../../../src/journal/store/queries/log.ts'
import { viewsOf } from '../../../src/journal/store/queries/operations.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'

test.each(['operation', 'event'] as const)('who sees the personal data of an %s on the command line is in the journal', async (what) => {
  await using place = makePlace()
  await using it = await place.open()
  const one = (await it.guard.begin(deletion())) as OpenOperation
  await one.end(success)
  const [event] = (await eventsFrom(it.store, 0)).map(({ body }) => decode(body)).filter(({ kind }) => kind === 'intent')
  const id = what === 'operation' ? one.id : event!.id

  const { code, text } = await journalCli(place.env, ['show', id, '--personal', '--by', 'ops@example'])
  expect([code, text]).toEqual([0, expect.stringContaining('mina@example.org')])
  const viewed = (await viewsOf(it.store, one.id)).map((body) => decode(body))
  expect(viewed).toMatchObject([{ kind: 'viewed', by: 'ops@example', tenant: 'app1', facts: { operation: one.id, event: event!.id } }])
  expect(JSON.parse((await journalCli(place.env, ['verify'])).text)).toMatchObject({ ok: true })
})

test.each([[['--personal']], [['--by', 'ops']]])('show with %j alone shows nothing', async (flags) => {
  await using place = makePlace()
  await using it = await place.open()
  const one = (await it.guard.begin(deletion())) as OpenOperation
  const { code, text } = await journalCli(place.env, ['show', one.id, ...flags])
  expect([code, text]).toEqual([2, expect.stringContaining('--personal and --by NAME go together')])
})

test('who may not write the event sees no personal data', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const one = (await it.guard.begin(deletion())) as OpenOperation
  const stranger = { ...place.env, JOURNAL_SIGNING_KEY: newSigningKey() }
  const shown = await journalCli(stranger, ['show', one.id, '--personal', '--by', 'ops'])
  expect([shown.code, shown.text.includes('mina@example.org')]).toEqual([3, false])
})
