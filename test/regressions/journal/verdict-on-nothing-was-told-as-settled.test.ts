/** The command `resolve` said of an operation that there is none of, as of one that was settled, only that it is not open. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'

test('a verdict on an operation that is settled, or that there is none of, is told for what it is', async () => {
  await using place = makePlace()
  await using it = await place.open()
  const done = (await it.guard.begin(deletion())) as OpenOperation
  await done.end(success)
  const resolve = (id: string, people: boolean) => journalCli(place.env, ['resolve', id, '--verdict', 'applied', '--by', 'ada'], { people })
  const none = 'op_019a5b1f-0000-7000-8000-000000000000'
  expect(await resolve(none, true)).toEqual({ code: 2, text: expect.stringContaining(`there is no operation ${none}`) })
  expect(await resolve(done.id, true)).toEqual({ code: 1, text: `${done.id} is not open (success): there is nothing to resolve\n` })
  expect(JSON.parse((await resolve(done.id, false)).text)).toMatchObject({ resolved: false, state: 'success' })
})
