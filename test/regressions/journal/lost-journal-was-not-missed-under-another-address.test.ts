/** The memory of which journal a service uses was kept under its address as it was written: `localhost` for 127.0.0.1, or one parameter more, and an empty journal took the lost one's place without a word. */
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { locationOf } from '../../../src/journal/store/open.ts'
import { createPostgres } from '../../../src/journal/store/postgres/schema-state.ts'
import { appId, startBff } from '../../support/bff.ts'
import { findPostgres, startPostgres } from '../../support/postgres.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

test.each([
  'postgres://bff@localhost/audit',
  'postgres://bff:other@127.0.0.1:5432/audit',
  'postgresql://bff@[::1]/audit?sslmode=require',
  'postgres://bff@db.internal/audit?host=/var/run/postgresql&application_name=x',
  'postgres://somebody@pooler:6432/%61udit',
  'postgres://audit@localhost',
])('%s is the same journal as ever', (url) => {
  expect(locationOf(url, appId)).toBe(locationOf('postgres://bff:secret@127.0.0.1/audit', appId))
})

test('another database, and the journal for other apps, are others', () => {
  const places = ['postgres://h/audit app-1', 'postgres://h/other app-1', 'postgres://h/audit app-2', 'sqlite:audit app-1'].map((text) =>
    locationOf(...(text.split(' ') as [string, string])),
  )
  expect(new Set(places).size).toBe(4)
})

test('a file is the same one through a link', () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-place-'))
  mkdirSync(join(folder, 'real'))
  writeFileSync(join(folder, 'real', 'journal.db'), '')
  symlinkSync(join(folder, 'real'), join(folder, 'link'))
  expect(locationOf(`sqlite:${folder}/link/journal.db`)).toBe(locationOf(`sqlite:${folder}/real/../real/journal.db`))
  rmSync(folder, { recursive: true })
})

const bin = findPostgres()
const whenThere = bin && redisInstalled() ? test : test.skip

whenThere('an empty journal in the place of the lost one closes the gate, whatever the address looks like', async () => {
  await using server = await startPostgres(bin!)
  const redis = await startRedis()
  const signing = () => generateKeyPairSync('ed25519').privateKey
  const key = signing()
  const start = async (url: string) =>
    await startBff({
      env: {
        REDIS_URL: redis.url,
        JOURNAL_URL: url,
        JOURNAL_SIGNING_KEY: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
        JOURNAL_SEALING_KEY: Buffer.alloc(32, 7).toString('base64'),
      },
    })
  const remove = async (bff: Awaited<ReturnType<typeof start>>) => {
    const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const user = bff.sandbox.createUser(appId, { userId: `u-${Math.random()}` })
    return (await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })).status
  }
  try {
    server.sql('CREATE DATABASE audit')
    await createPostgres(server.url('audit'), key)
    {
      await using bff = await start(server.url('audit'))
      expect(await remove(bff)).toBe(200)
    }
    server.sql('DROP DATABASE audit')
    server.sql('CREATE DATABASE audit')
    await createPostgres(server.url('audit'), key)
    await using bff = await start(`${server.url('audit').replace('@localhost', '@127.0.0.1')}&application_name=bff`)
    expect(await remove(bff)).toBe(503)
    expect(JSON.stringify(bff.lines)).toContain('is gone: another one')
  } finally {
    await redis.stop()
  }
})
