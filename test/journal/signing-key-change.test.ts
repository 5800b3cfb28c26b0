/** The signing key under replicas that are restarted one after the other: it is changed in two rounds. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { deletion, makePlace } from './place.ts'

test('each replica knows the new key before one signs with it: no gate closes, and the log is intact at each step', async () => {
  await using place = makePlace()
  const former = place.key
  const next = generateKeyPairSync('ed25519').privateKey
  const start = (...keys: KeyObject[]) => place.store({ keys }).then((store) => place.open({ store, keys }))
  const works = async (...replicas: Awaited<ReturnType<typeof start>>[]) => {
    for (const { guard } of replicas) {
      expect(guard.status()).toMatchObject({ open: true })
      await ((await guard.begin(deletion())) as OpenOperation).end()
    }
  }
  let [one, two] = [await start(former), await start(former)]
  await works(one, two)
  for (const keys of [[former, next], [next, former], [next]]) {
    await one.guard.close()
    one = await start(...keys)
    await works(one, two, one)
    await two.guard.close()
    two = await start(...keys)
    await works(two, one, two)
    expect(await verify(one.store)).toMatchObject({ ok: true })
  }
  for (const it of [one, two]) await it.guard.close()
})

test('a replica that does not know the new key says so, and its gate opens once the former signs again', async () => {
  await using place = makePlace()
  const next = generateKeyPairSync('ed25519').privateKey
  await using one = await place.open()
  const keys = [next, place.key]
  const two = await place.open({ store: await place.store({ keys }), keys })
  await expect(one.guard.begin(deletion())).rejects.toThrow()
  expect(one.guard.status().cause).toMatch(/signed by a key that is not configured/)
  await two.guard.close()
})
