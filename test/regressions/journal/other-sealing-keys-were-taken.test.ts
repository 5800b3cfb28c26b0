/** With a former sealing key removed, or the keys in another order, everybody became somebody new and nobody of before was found: the journal now stays closed until the keys are put right. */
import { expect, test } from '@jest/globals'
import { createSealer } from '../../../src/journal/event/seal.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'

const [first, second] = [Buffer.alloc(32, 7), Buffer.alloc(32, 8)]

test.each([
  ['both, the new one first', [second, first], undefined],
  ['both, the new one last', [first, second], 'must end with the key that the journal began with'],
  ['the new one alone', [second], 'sealed with a key that is not configured'],
])('%s', async (_name, secrets, cause) => {
  await using place = makePlace()
  {
    await using it = await place.open()
    const begun = await it.guard.begin(deletion())
    if ('end' in begun) await begun.end(success)
  }
  await using it = await place.open({ sealer: createSealer(secrets) })
  const { open, cause: told } = it.journal.status()
  expect([open, told]).toEqual([cause === undefined, cause === undefined ? undefined : expect.stringContaining(cause)])
})
