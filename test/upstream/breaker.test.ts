/** A vendor that does not answer is left alone, one app at a time, and found again when it is back. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import type { Operation } from '../../src/contract/operation.ts'
import { operations } from '../../src/contract/operations.ts'
import type { ImageForm } from '../../src/uploads/image.ts'
import { until } from '../support/until.ts'
import { appAt, json, listen, problemOf, upstreamWith, user } from './vendor.ts'

const read = { operation: operations.get_app_user as Operation, params: { userId: 'u' }, retry: false }
const update = { operation: operations.update_app_user as Operation, params: { userId: 'u' }, body: { givenName: 'Mina' } }
const remove = { operation: operations.delete_app_user as Operation, params: { userId: 'u' } }
const times = <T>(count: number, work: () => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, work))

const isBack = (upstream: ReturnType<typeof upstreamWith>) => () => upstream.breaker.at(-1)?.open === false

/** An upload whose sender takes for ever. */
const endless = (): ImageForm => {
  const ended = Promise.withResolvers<void>()
  return {
    contentType: 'multipart/form-data; boundary=x',
    sealed: false,
    whole: ended.promise,
    async *parts() {
      yield Buffer.from('--x')
      await ended.promise
    },
    cancel: () => ended.resolve(),
    [Symbol.dispose]: () => ended.resolve(),
  }
}

/** Answers as it is told to. */
const startVendor = async () => {
  const state: { status: number; hang: boolean; slowMs: number } = { status: 503, hang: false, slowMs: 0 }
  const vendor = await listen((req, res) => {
    const answer = () => json(state.status, state.status < 300 ? user : {})(req, res)
    if (!state.hang) setTimeout(answer, state.slowMs)
  })
  return Object.assign(vendor, { state })
}

test.concurrent.each([
  ['a read', read],
  ['an update', update],
  ['a deletion', remove],
])('after ten calls without an answer %s is refused at once, sent to nobody, and the way back is found by one', async (_name, call) => {
  await using vendor = await startVendor()
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  await times(10, () => problemOf(upstream.call(app, call)))
  const before = vendor.requests.length
  const refused = await times(50, () => problemOf(upstream.call(app, call)))
  expect(new Set(refused.map(({ code, particulars }) => `${code} ${particulars.outcome} ${particulars.headers?.['Retry-After']}`))).toEqual(
    new Set(['upstream_unavailable not_sent 2']),
  )
  const look = `GET /v1.1/apps/${app.appId}/appusers/smooch-bff-check`
  const sent = () => vendor.requests.slice(before).map(({ method, url }) => `${method} ${url}`)
  expect([sent().filter((line) => line !== look), upstream.breaker]).toEqual([[], [{ appId: app.appId, open: true }]])

  await until(() => vendor.requests.length > before)
  await times(50, () => problemOf(upstream.call(app, call)))
  expect(new Set(sent())).toEqual(new Set([look]))

  Object.assign(vendor.state, { status: 200 })
  await until(isBack(upstream))
  await times(20, () => upstream.call(app, call))
  expect(upstream.breaker.map(({ open }) => open)).toEqual([true, false])
})

test.concurrent.each([
  ['a read', read],
  ['an update', update],
  ['a deletion', remove],
])(
  'a vendor that hung is found within five seconds of its return by those who ask for %s, though a look before it hangs',
  async (_name, call) => {
    await using vendor = await startVendor()
    using upstream = upstreamWith()
    const app = appAt(vendor.origin)
    await times(10, () => problemOf(upstream.call(app, call)))
    const before = vendor.requests.length
    vendor.state.hang = true
    const looks = () => vendor.requests.length - before
    // One each two seconds.
    await until(() => looks() >= 2)
    const refused = await times(20, () => problemOf(upstream.call(app, call)))
    expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['upstream_unavailable']))
    // Of those none came there: all that did are looks.
    const answered = vendor.requests.slice(before)
    expect(answered.filter(({ url }) => !url?.endsWith('smooch-bff-check'))).toEqual([])
    Object.assign(vendor.state, { hang: false, status: 200 })
    await until(() => upstream.call(app, call).catch(() => undefined), undefined, 100)
  },
)

test.concurrent('a vendor that comes back slow is found too', async () => {
  await using vendor = await startVendor()
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  await times(10, () => problemOf(upstream.call(app, read)))
  Object.assign(vendor.state, { status: 200, slowMs: 3_000 })
  await until(isBack(upstream))
  expect((await upstream.call(app, read)).status).toBe(200)
})

test.concurrent('with nobody asking the vendor is found as well, and a service that has closed looks no more', async () => {
  await using vendor = await startVendor()
  using upstream = upstreamWith()
  const other = upstreamWith()
  const app = appAt(vendor.origin)
  await times(10, () => problemOf(upstream.call(app, read)))
  await times(10, () => problemOf(other.call(app, read)))
  other.close()
  const before = vendor.requests.length
  vendor.state.status = 200
  await until(isBack(upstream))
  // The closed one would look in this time.
  await sleep(500)
  expect([vendor.requests.length - before, upstream.breaker.at(-1)]).toEqual([1, { appId: app.appId, open: false }])
})

test('another app is not held by it', async () => {
  await using vendor = await startVendor()
  await using sound = await listen(json(200, user))
  using upstream = upstreamWith()
  await times(12, () => problemOf(upstream.call(appAt(vendor.origin), read)))
  expect((await upstream.call({ ...appAt(sound.origin), appId: 'another' }, read)).status).toBe(200)
})

test.concurrent('a slow upload neither keeps the others out nor is kept out', async () => {
  await using vendor = await startVendor()
  using upstream = upstreamWith({ timeLimit: () => 4_000 })
  const app = appAt(vendor.origin)
  await times(10, () => problemOf(upstream.call(app, read)))
  Object.assign(vendor.state, { hang: true })
  const uploading = problemOf(upstream.call(app, { operation: operations.post_image_message, params: { userId: 'u' }, image: endless() }))
  await sleep(200)
  Object.assign(vendor.state, { hang: false, status: 200 })
  await until(isBack(upstream))
  expect((await upstream.call(app, read)).status).toBe(200)
  expect((await uploading).code).toBe('upstream_unknown')
})

test.concurrent.each([
  ['refusals of ids, bodies and keys', [400, 401, 404, 409, 422]],
  ['an error that may be about one user', [500]],
])('%s are answers', async (_name, statuses) => {
  await using vendor = await startVendor()
  using upstream = upstreamWith()
  for (const status of statuses) {
    vendor.state.status = status
    await times(15, () => problemOf(upstream.call(appAt(vendor.origin), update)))
  }
  expect([vendor.requests.length, upstream.breaker]).toEqual([15 * statuses.length, []])
})

test('one person whose calls fail does not keep the others out', async () => {
  await using vendor = await listen((req, res) =>
    json(req.url?.includes('/odd') ? 503 : 200, req.url?.includes('/odd') ? {} : user)(req, res),
  )
  using upstream = upstreamWith()
  const app = appAt(vendor.origin)
  const answers = await times(20, async () => {
    await upstream.call(app, read)
    return await problemOf(upstream.call(app, { ...read, params: { userId: 'odd' } }))
  })
  expect([new Set(answers.map(({ code }) => code)), upstream.breaker]).toEqual([new Set(['upstream_error']), []])
})
