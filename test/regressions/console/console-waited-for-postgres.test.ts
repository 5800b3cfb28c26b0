import { afterAll, expect } from '@jest/globals'
import { makePlace, type Place } from '../../journal/place.ts'
import { appId, type Bff, type Carried, startBff } from '../../support/bff.ts'
import { postgresOfFile } from '../../support/postgres-of-file.ts'
import { startProxy, type TestProxy } from '../../support/proxy.ts'
import { until } from '../../support/until.ts'

const { when, postgres } = postgresOfFile()
const all = new AsyncDisposableStack()
let bff: Bff
let proxy: TestProxy
let place: Place
let headers: Carried
let id: string

const begin = async (): Promise<void> => {
  proxy = all.use(await startProxy(postgres().socket))
  place = all.use(makePlace())
  bff = all.use(await startBff({ env: { ...place.env, JOURNAL_URL: `postgres://postgres@127.0.0.1:${proxy.port}/postgres` } }))
  headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const user = bff.sandbox.createUser(appId, { userId: 'mina-2' })
  id = String((await bff.call('DELETE', `/v1.1/appusers/${user._id}`, { headers })).headers.get('audit-operation'))
}
let begun: Promise<void> | undefined
/** Until all is read as it should be, so that the connections are there. */
const ready = async (): Promise<void> => {
  begun ??= begin()
  await begun
  const statuses = async () => await Promise.all(paths().map(async (path) => (await bff.call('GET', path, { headers })).status))
  await until(statuses, (all) => all.every((status) => status === 200))
}
afterAll(() => all.disposeAsync())

/** Far above the bound of 5 s, for a busy machine. */
const bound = 30_000
const paths = (): string[] => ['/ops/api/operations', `/ops/api/operations/${id}`, '/ops/api/events', '/ops/api/checkpoint']

const timed = async (path: string) => {
  const began = performance.now()
  const { status, text, headers: given } = await bff.call('GET', path, { headers })
  return { status, text, retryAfter: Number(given.get('retry-after')), took: performance.now() - began }
}

when('far away (200 ms each way): pages, rows and API are answered', async () => {
  await ready()
  proxy.delay(200)
  const answers: Awaited<ReturnType<typeof timed>>[] = []
  for (const path of ['/ops', '/ops/rows', `/ops/operations/${id}`, ...paths()]) answers.push(await timed(path))
  proxy.delay(0)
  expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(200))
  expect(answers.slice(0, 4).every(({ text }) => text.includes(id))).toBe(true)
})

when('hanging: pages say that the journal cannot be read, the API is 503 with Retry-After, within the bound', async () => {
  await ready()
  proxy.delay(60_000)
  const [page, rows, ...api] = await Promise.all(['/ops', '/ops/rows', ...paths()].map(timed))
  proxy.delay(0)
  for (const answer of [page!, rows!]) expect(answer.text).toContain('The journal cannot be read now')
  expect(api.map(({ status, text }) => [status, JSON.parse(text).error.code])).toEqual(Array(4).fill([503, 'journal_busy']))
  expect(api.every(({ retryAfter }) => retryAfter > 0)).toBe(true)
  expect(Math.max(...[page!, rows!, ...api].map(({ took }) => took))).toBeLessThan(bound)
})

when('away: 503 journal_unreadable at once, and the rest of the page is there', async () => {
  await ready()
  proxy.open(false)
  const [page, ...api] = await Promise.all(['/ops', ...paths()].map(timed))
  proxy.open(true)
  expect(page!.text).toContain('The journal cannot be read now')
  expect(api.map(({ status, text }) => [status, JSON.parse(text).error.code])).toEqual(Array(4).fill([503, 'journal_unreadable']))
  expect(api.every(({ retryAfter }) => retryAfter > 0)).toBe(true)
})
