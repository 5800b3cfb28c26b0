/** What a database or a role is set to was taken over: under another isolation two replicas refused each other's writes, and where idle sessions are ended, or somebody ended them, the next guarded call was refused and the gate closed. */
import { generateKeyPairSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { newId } from '../../../src/journal/event/event.ts'
import { entryOf, type Store, systemEvent } from '../../../src/journal/store/journal-store.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../../src/journal/store/postgres/store.ts'
import { treeHead } from '../../../src/journal/store/queries/log.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'

const { when, postgres } = postgresOfFile()

let made = 0
const two = async (setting: string) => {
  made += 1
  const name = `set_${made}`
  postgres().sql(`CREATE DATABASE ${name}`)
  const url = postgres().url(name)
  const { privateKey: key } = generateKeyPairSync('ed25519')
  await createPostgres(url, key)
  if (setting !== '') postgres().sql(`ALTER DATABASE ${name} SET ${setting}`)
  const open = () => openPostgres({ url, keys: [key], instance: newId('i') })
  const stores = [await open(), await open()] as const
  return { name, stores, [Symbol.asyncDispose]: async () => void (await Promise.all(stores.map((store) => store.close()))) }
}
const write = (store: Store) => store.commit([entryOf(systemEvent('written'))])

when.each([['repeatable read'], ['serializable']])('two replicas write at once in a database of the isolation %s', async (isolation) => {
  await using it = await two(`default_transaction_isolation = '${isolation}'`)
  const { size } = await treeHead(it.stores[0])
  const writing = it.stores.map(async (store) => {
    for (let at = 0; at < 25; at += 1) await write(store)
  })
  await Promise.all(writing)
  expect((await treeHead(it.stores[0])).size - size).toBe(50)
})

when.each([
  ['the database ends idle sessions', 'idle_session_timeout = 300', ''],
  [
    'somebody ended all sessions',
    '',
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  ],
])('what is written and read after a pause is taken, also when %s', async (_, setting, sql) => {
  await using it = await two(setting)
  const [store] = it.stores
  await write(store)
  if (sql !== '') postgres().sql(sql, it.name)
  await sleep(1_000)
  await expect(Promise.all([treeHead(store), write(store), store.readers.select('SELECT 1 AS one')])).resolves.toHaveLength(3)
})
