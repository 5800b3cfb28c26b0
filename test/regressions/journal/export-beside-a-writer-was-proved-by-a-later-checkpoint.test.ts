/** The last line of an export is the checkpoint that proves it: beside a service that writes it was a later one, whose root is that of more events than the file holds. */
import { expect, test } from '@jest/globals'
import { exportLines } from '../../../src/journal/export.ts'
import { parseCheckpoint } from '../../../src/journal/log/checkpoint.ts'
import { leafHash, push, rootOf } from '../../../src/journal/log/tree.ts'
import { entryOf, systemEvent } from '../../../src/journal/store/journal-store.ts'
import { makePlace } from '../../journal/place.ts'

test('the events of an export have the root of its checkpoint, also when others are written meanwhile', async () => {
  await using place = makePlace()
  const { store, guard } = await place.open()
  const write = () => store.commit([entryOf(systemEvent('written'))])
  for (let at = 0; at < 450; at += 1) await write()
  const lines: string[] = []
  for await (const chunk of exportLines(store, { format: 'ndjson' })) {
    lines.push(...chunk.trimEnd().split('\n'))
    await write()
  }
  const { size, root } = parseCheckpoint((JSON.parse(lines.pop()!) as { checkpoint: string }).checkpoint)!
  const tree = { size: 0, hashes: [] as Buffer[] }
  for (const line of lines) push(tree, leafHash(line), () => undefined)
  expect([size, root.toString('hex')]).toEqual([lines.length, rootOf(tree).toString('hex')])
  await guard.close()
})
