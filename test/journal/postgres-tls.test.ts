/** The journal in a PostgreSQL that is reached over the network: TLS by what JOURNAL_URL says. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { newId } from '../../src/journal/event/event.ts'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { type Certificates, makeCertificates } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { findPostgres, type Postgres, startPostgres } from '../support/postgres.ts'
import { deletion, makePlace } from './place.ts'

const found = findPostgres()
const when = found ? test : test.skip // PostgreSQL is not installed
const all = new AsyncDisposableStack()
let certificates: Certificates
let postgres: Postgres
let port: number
beforeAll(async () => {
  if (!found) return
  certificates = all.use(makeCertificates())
  port = await freePort()
  const tls = { cert: certificates.text('server.pem'), key: certificates.text('server.key'), ca: certificates.text('ca.pem') }
  postgres = all.use(await startPostgres(found, { port, tls }))
})
afterAll(() => all.disposeAsync())

const urlOf = (database: string, more: string, host = 'localhost') => `postgres://postgres@${host}:${port}/${database}?${more}`
const verified = () => `sslmode=verify-full&sslrootcert=${encodeURIComponent(certificates.path('ca.pem'))}`

const use = async (url: string): Promise<void> => {
  await using place = makePlace()
  const instance = newId('i')
  const store = await openPostgres({ url, keys: [place.key], instance })
  await using it = await place.open({ store, instance })
  await ((await it.guard.begin(deletion())) as OpenOperation).end()
  const plain = postgres.sql('SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE NOT s.ssl AND a.client_port > 0')
  expect([it.guard.status().open, plain.trim()]).toEqual([true, '0'])
}

when('a certificate of an authority that the address names, for the name in the address: all connections are TLS', async () => {
  postgres.sql('CREATE DATABASE verified')
  await use(urlOf('verified', verified()))
})

when('a server that asks for a certificate gets ours', async () => {
  postgres.sql('CREATE DATABASE mutual')
  const [cert, key] = ['client.pem', 'client.key'].map((name) => encodeURIComponent(certificates.path(name)))
  await use(urlOf('mutual', `${verified()}&sslcert=${cert}&sslkey=${key}`))
})

when('a certificate of an unknown authority is refused, and nothing is made', async () => {
  postgres.sql('CREATE DATABASE refused')
  await using place = makePlace()
  using other = makeCertificates()
  const instance = newId('i')
  const open = (more: string) => openPostgres({ url: urlOf('refused', more), keys: [place.key], instance })
  await expect(open('sslmode=verify-full')).rejects.toThrow(/certificate/)
  await expect(open(`sslmode=verify-full&sslrootcert=${encodeURIComponent(other.path('ca.pem'))}`)).rejects.toThrow(/certificate|signature/)
  expect(postgres.sql('SELECT to_regnamespace($$journal$$) IS NULL', 'refused').trim()).toBe('t')
})
