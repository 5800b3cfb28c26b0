/** An id in capitals, as some programs write it, was an event or operation that is not there. */
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../../src/journal/guard/permit.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'

test('show and resolve take an id in capitals', async () => {
  await using place = makePlace()
  const it = await place.open()
  const lost = (await it.guard.begin(deletion())) as OpenOperation
  spendPermit(lost.permit, 'delete_app_user')
  await lost.end()
  await it.guard.close()
  const run = async (...line: string[]) => {
    const { code, text } = await journalCli(place.env, line, { anchor: place.anchor })
    return [code, JSON.parse(text.split('\n')[0]!) as Record<string, unknown>]
  }
  const capitals = lost.id.toUpperCase()
  expect(await run('show', capitals)).toEqual([0, { operation: lost.id, state: 'unknown' }])
  const verdict = 'applied'
  expect(await run('resolve', capitals, '--verdict', verdict, '--by', 'ops')).toEqual([0, { operation: lost.id, resolved: true, verdict }])
})
