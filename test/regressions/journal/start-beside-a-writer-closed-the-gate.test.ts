/** A replica that started while another one wrote took the log for one with an unsigned end: its head and its newest checkpoint were read one after the other, and its gate stayed closed for seconds. */
import { describe, expect, test } from '@jest/globals'
import { newId } from '../../../src/journal/event/event.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { checkTail } from '../../../src/journal/store/stored-tree.ts'
import { deletion, makePlace, success } from '../../journal/place.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'

const { when, postgres } = postgresOfFile()

const kinds = {
  SQLite: [test, () => ({})],
  PostgreSQL: [when, () => ({ url: postgres().url() })],
} as const

describe.each(Object.entries(kinds))('with %s', (_kind, [whenThere, where]) => {
  whenThere('the end of a log is found signed, however many write meanwhile', async () => {
    await using all = new AsyncDisposableStack()
    const place = all.use(makePlace())
    const { url } = where() as { url?: string }
    const open = async () => {
      const instance = newId('i')
      const store = url === undefined ? {} : { store: await openPostgres({ url, keys: [place.key], instance }) }
      return all.use(await place.open({ instance, ...store }))
    }
    const [writer, reader] = [await open(), await open()]
    const over = new AbortController()
    const writing = (async () => {
      while (!over.signal.aborted) {
        const begun = await writer.guard.begin(deletion())
        if (!begun.replay) await begun.end(success)
      }
    })()
    const found = new Set<string>()
    for (let looks = 0; looks < 300; looks += 1)
      found.add(
        await checkTail(reader.store).then(
          () => 'signed',
          (error: Error) => error.message,
        ),
      )
    over.abort()
    await writing
    expect([...found]).toEqual(['signed'])
  })
})
