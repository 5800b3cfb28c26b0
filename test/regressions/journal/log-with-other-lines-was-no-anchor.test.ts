/** `verify --checkpoint` could not take the service's own log: a line of plain words, a cut end, a former key or a second service in the same log made it fail or cry wolf. */
import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { latestCheckpoint } from '../../../src/journal/store/queries/log.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { journalCli, type Ran } from '../../support/journal-cli.ts'

test('notes of this journal are found among whatever else is in the log, also those that a former key signed', async () => {
  await using place = makePlace()
  await using foreign = makePlace()
  const noteOf = async (one: typeof place, keys = [place.key]): Promise<string> => {
    await using it = await one.open({ keys }, {}, { keys })
    await it.guard.begin(deletion())
    return (await latestCheckpoint(it.store))!
  }
  const former = await noteOf(place)
  const other = await noteOf(foreign)
  const { privateKey: newer } = generateKeyPairSync('ed25519')
  await noteOf(place, [newer, place.key])
  const file = join(place.directory, 'log')
  const verify = (content: string): Promise<Ran> => {
    writeFileSync(file, content)
    const env = { ...place.env, JOURNAL_SIGNING_KEY: newer.export({ type: 'pkcs8', format: 'pem' }).toString() }
    return journalCli(env, ['verify', '--checkpoint', file])
  }
  const line = (checkpoint: string): string => JSON.stringify({ level: 'info', checkpoint })
  const log = ['smooch-bff serves http://…', '{"level":"warn"}', line(former), line(other), '{"level":"in'].join('\n')
  expect(await verify(log)).toMatchObject({ code: 0, text: expect.stringContaining('"anchors":1') })
  expect(await verify(former)).toMatchObject({ code: 0 })
  expect(await verify(line(other))).toMatchObject({ code: 2, text: expect.stringContaining('but of others') })
  expect(await verify('{"level":"info"}\n')).toMatchObject({ code: 2, text: expect.stringContaining('holds no checkpoint of') })
  const forged = former.replace(/ \S{6}(\S+\n)$/, ' AAAAAA$1')
  expect(await verify(forged)).toMatchObject({ code: 2, text: expect.stringContaining('none of its keys signed') })
})
