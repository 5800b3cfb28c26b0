/** Searches that staff keep under a name. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Secret } from '../../config/secret.ts'
import { createSavedViews } from '../../src/console/saved-views.ts'
import { keyRing } from '../../src/crypto/key-ring.ts'
import { memoryStore } from '../../src/session/store/memory.ts'
import { type Bff, type Carried, startBff } from '../support/bff.ts'
import { redisInstalled, startRedis, type TestRedis } from '../support/redis.ts'

let redis: TestRedis | undefined
let bff: Bff
let ada: Carried
let otto: Carried
beforeAll(async () => {
  redis = redisInstalled() ? await startRedis() : undefined
  bff = await startBff({ env: { ...(redis && { REDIS_URL: redis.url }), LIMIT_READS: '1000' } })
  ada = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  otto = await bff.signIn({ roles: ['auditor'], actor: { id: 'otto' } })
})
afterAll(async () => {
  await bff[Symbol.asyncDispose]()
  await redis?.stop()
})

const list = async (headers: Carried) => (await bff.call('GET', '/ops/api/views', { headers })).json.views as { id: string; name: string }[]
const save = (headers: Carried, json: object) => bff.call('PUT', '/ops/api/views', { headers, json })
const remove = (headers: Carried, id: string) => bff.call('DELETE', `/ops/api/views/${id}`, { headers })

test('a view is kept for whoever saved it, on another machine too, and is nobody else’s', async () => {
  const saved = await save(ada, { name: 'Recent ones', q: 'action:delete from:7d', without: ['took'] })
  expect([saved.status, saved.json.views]).toEqual([
    200,
    [{ id: expect.any(String), name: 'Recent ones', q: 'action:delete from:7d', without: ['took'] }],
  ])
  expect(await list(await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } }))).toEqual(saved.json.views)
  expect(await list(otto)).toEqual([])
  const { text } = await bff.call('GET', '/ops', { headers: ada })
  expect(text).toContain('href="/bff/ops?q=action%3Adelete+from%3A7d" data-without="took">Recent ones</a>')
  expect((await bff.call('GET', '/ops', { headers: otto })).text).not.toContain('Recent ones</a>')
})

test('the same name replaces, another is added, and what is removed is gone; to remove it again does no harm', async () => {
  await save(otto, { name: 'Mine', q: 'state:open' })
  const [first] = await list(otto)
  await save(otto, { name: 'Mine', q: 'state:denied' })
  await save(otto, { name: '<b>Other</b>', q: 'cust-1' })
  expect(await list(otto)).toMatchObject([
    { id: first!.id, name: 'Mine', q: 'state:denied' },
    { name: '<b>Other</b>', q: 'cust-1' },
  ])
  expect((await bff.call('GET', '/ops', { headers: otto })).text).toContain('>&lt;b&gt;Other&lt;/b&gt;</a>')
  for (const left of [1, 1]) expect((await remove(otto, first!.id)).json.views).toHaveLength(left)
  expect(await list(otto)).toMatchObject([{ name: '<b>Other</b>' }])
})

test('what several tabs save at once is all kept', async () => {
  const tabs = await bff.signIn({ roles: ['auditor'], actor: { id: 'tabs' } })
  const names = Array.from({ length: 8 }, (_, at) => `Tab ${at}`)
  await Promise.all(names.map((name) => save(tabs, { name, q: 'state:open' })))
  expect(new Set((await list(tabs)).map(({ name }) => name))).toEqual(new Set(names))
})

test.each([
  ['no name', { q: 'state:open' }, '/name'],
  ['a name that nobody sees', { name: ' \u200b', q: 'state:open' }, '/name'],
  ['a name that is too long', { name: 'x'.repeat(61), q: 'state:open' }, '/name'],
  ['no search', { name: 'All', q: '' }, '/q'],
  ['a search that is not understood', { name: 'Odd', q: 'state:sometimes' }, '/q'],
  ['a search of blanks', { name: 'Blank', q: '   ' }, '/q'],
  ['a search of too many words', { name: 'Many', q: 'w '.repeat(21) }, '/q'],
  ['a search that is too long', { name: 'Long', q: 'x'.repeat(1_501) }, '/q'],
  ['a column that is none', { name: 'Odd', q: 'state:open', without: ['who'] }, '/without/0'],
  ['a field that is none', { name: 'Odd', q: 'state:open', shared: true }, '/shared'],
])('%s is refused, and nothing is kept', async (_what, view, pointer) => {
  const before = await list(ada)
  const { status, json } = await save(ada, view)
  expect(status).toBe(400)
  expect(JSON.stringify(json.errors)).toContain(pointer)
  expect(await list(ada)).toEqual(before)
})

test('twenty are kept; one more is refused with what to do, and replacing one is not', async () => {
  const many = await bff.signIn({ roles: ['auditor'], actor: { id: 'many' } })
  for (let at = 0; at < 20; at += 1) expect((await save(many, { name: `View ${at}`, q: 'state:open' })).status).toBe(200)
  const { status, json } = await save(many, { name: 'One more', q: 'state:open' })
  expect([status, JSON.stringify(json)]).toEqual([400, expect.stringContaining('remove one first')])
  expect((await save(many, { name: 'View 7', q: 'state:denied' })).status).toBe(200)
  expect(await list(many)).toHaveLength(20)
})

test('who may not read the journal has no views, and a page of another site saves none', async () => {
  const agent = await bff.signIn({ roles: ['agent'], actor: { id: 'alex' } })
  expect((await bff.call('GET', '/ops/api/views', { headers: agent })).status).toBe(403)
  expect((await save(agent, { name: 'A', q: 'state:open' })).status).toBe(403)
  const cookie = await bff.signIn({ kind: 'cookie', roles: ['admin'], actor: { id: 'eve' } })
  const { 'x-bff-csrf': _token, ...without } = cookie
  await save(cookie, { name: 'Stays', q: 'state:open' })
  const before = await list(cookie)
  for (const [method, path, json] of [
    ['PUT', '/ops/api/views', { name: 'A', q: 'state:open' }],
    ['DELETE', `/ops/api/views/${before[0]!.id}`, undefined],
  ] as const)
    expect((await bff.call(method, path, { headers: { ...without, 'sec-fetch-site': 'cross-site' }, ...(json && { json }) })).status).toBe(
      403,
    )
  expect(await list(cookie)).toEqual(before)
})

test('another app knows nothing of them; a new first pepper loses none, and a former one that is gone opens none', async () => {
  const store = memoryStore()
  const [former, newer] = [`a:${'f'.repeat(32)}`, `b:${'n'.repeat(32)}`]
  const views = (...peppers: string[]) => createSavedViews({ store, peppers: keyRing(new Secret(peppers.join(','))) })
  const reader = (app: string) => ({ app, actor: { id: 'ada' } }) as Parameters<ReturnType<typeof views>['list']>[0]
  const view = { name: 'Deletions', q: 'action:delete', without: [] }
  await views(former).save(reader('app1'), view)
  expect(await views(former).list(reader('app2'))).toEqual([])
  expect(await views(newer, former).list(reader('app1'))).toMatchObject([view])
  expect(await views(newer).list(reader('app1'))).toEqual([])
  await views(newer, former).save(reader('app1'), { ...view, name: 'More' })
  expect(await views(newer).list(reader('app1'))).toMatchObject([view, { name: 'More' }])
  store.close()
})
