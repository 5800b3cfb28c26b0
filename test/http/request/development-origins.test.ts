/** The origins that docs/use.md names for a phone and for Android's emulator, as it writes them. */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

const lists = [...readFileSync('docs/use.md', 'utf8').matchAll(/`PUBLIC_ORIGIN=(http:\/\/localhost:5173,[^`]+)`/g)].map(([, list]) => list!)

const statusUnder = (url: string, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    request(`${url}/bff/auth/session`, { headers: { host } }, (answer) => resolve(answer.resume().statusCode!))
      .on('error', reject)
      .end()
  })

test('the phone’s and the emulator’s recipe are there', () => expect(lists).toHaveLength(2))

test.each(lists)('with PUBLIC_ORIGIN=%s the service answers under each of those hosts, and under no other', async (list) => {
  await using bff = await startBff({ env: { PUBLIC_ORIGIN: list } })
  const hosts = list.split(',').map((origin) => new URL(origin).host)
  for (const host of hosts) expect([host, await statusUnder(bff.app.publicUrl, host)]).toEqual([host, 200])
  expect(await statusUnder(bff.app.publicUrl, '192.168.1.99:5173')).toBe(421)
})
