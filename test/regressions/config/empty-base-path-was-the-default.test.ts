/** An empty BASE_PATH and an empty OIDC_DEFAULT_ROLES were said to mean "none", but an empty variable counts as absent: everybody who signed in was a user. Now there is a word for none. */
import { get } from 'node:http'
import { expect, test } from '@jest/globals'
import { load } from '../../../config/load.ts'
import { type Bff, type Carried, startBff } from '../../support/bff.ts'
import { processEnv } from '../../support/service-process.ts'

test.each([
  ['none', []],
  ['', ['user']],
  ['agent', ['agent']],
])('OIDC_DEFAULT_ROLES=%s', (word, roles) => {
  expect(load({ ...processEnv, OIDC_DEFAULT_ROLES: word }).settings.OIDC_DEFAULT_ROLES).toEqual(roles)
})

/** Not by fetch, which says that a page asks, not a person. */
const statusOf = (bff: Bff, path: string, headers: Carried = {}): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(`${bff.app.publicUrl}${path}`, { headers, agent: false }, (answer) => resolve(answer.resume().statusCode)).on('error', reject)
  })

test.each([
  ['/', ''],
  ['/a/b-c', '/a/b-c'],
])('BASE_PATH=%s', async (path, prefix) => {
  await using bff = await startBff({ env: { BASE_PATH: path } })
  const user = await bff.signIn({})
  const staff = await bff.signIn({ kind: 'cookie', roles: ['admin'], actor: { id: 'ada' } })
  expect(await statusOf(bff, `${prefix}/v1.1/appusers/me`, user)).toBe(200)
  expect(await statusOf(bff, `${prefix}/auth/session`, staff)).toBe(200)
  expect(await statusOf(bff, `${prefix}/docs`)).toBe(200)
  expect(await statusOf(bff, `${prefix}/ops`, { cookie: staff['cookie']! })).toBe(200)
  expect(await statusOf(bff, `${prefix}/ops/console.css`, { cookie: staff['cookie']! })).toBe(200)
  expect(await statusOf(bff, '/bff/docs')).toBe(404)
  expect(await statusOf(bff, '/elsewhere')).toBe(404)
})
