/** The `_id` of a person was looked for under the newest pepper alone: after a new one had come, a deletion whose look failed was found by one name only, and a late webhook about somebody of old signed out who has the userId by now. */
import { expect, test } from '@jest/globals'
import { appId, patiently, pepper, startBff } from '../../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const when = redisUrl ? test : test.skip // Redis is not installed

const webhookSecret = 'the-secret-of-the-webhook'
const env = (SESSION_PEPPERS: string) => ({ REDIS_URL: redisUrl!, SESSION_PEPPERS, SMOOCH_WEBHOOK_SECRET: webhookSecret })

const replicas = async () => {
  const all = new AsyncDisposableStack()
  const former = all.use(await startBff({ env: env(`p1:${pepper}`) }))
  const later = all.use(await startBff({ env: env(`p2:${pepper}-next,p1:${pepper}`), beside: former }))
  return { former, later, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

when('a deletion by userId whose look fails is found by the _id, too', async () => {
  await using it = await replicas()
  const admin = await it.later.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
  const { _id } = it.former.sandbox.createUser(appId, { userId: 'of-before' })
  await it.former.signIn({ userId: 'of-before' })
  it.former.sandbox.fault({ operation: 'get_app_user', status: 503 })
  const { status, headers } = await patiently(() => it.later.call('DELETE', '/v1.1/appusers/of-before', { headers: admin }))
  it.former.sandbox.clearFaults()
  expect(status).toBe(200)
  const { json } = await patiently(() => it.later.call('GET', `/ops/api/operations?target=${_id}`, { headers: admin }))
  expect(json.operations).toMatchObject([{ operation: headers.get('audit-operation') }])
})

when('a webhook about the user that had this userId before signs nobody out', async () => {
  await using it = await replicas()
  const { _id } = it.former.sandbox.createUser(appId, { userId: 'had-by-two' })
  const person = await it.former.signIn({ userId: 'had-by-two' })
  const isSignedIn = async () =>
    (await patiently(() => it.later.call('GET', '/auth/session', { headers: person }))).json.signedIn as boolean
  const removed = async (smoochId: string) => {
    const json = { trigger: 'appUser:delete', appUser: [{ _id: smoochId, userId: 'had-by-two' }] }
    const answer = await patiently(() =>
      it.later.call('POST', `/webhooks/smooch/${appId}`, { headers: { 'x-api-key': webhookSecret }, json }),
    )
    expect(answer.status).toBe(200)
  }
  await removed('6a1f0c2be84d6a1f0c2be84d')
  expect(await isSignedIn()).toBe(true)
  await removed(_id)
  expect(await isSignedIn()).toBe(false)
})

when('a sign-in under the new pepper remembers the _id under it, without asking the vendor', async () => {
  await using it = await replicas()
  const { _id } = it.former.sandbox.createUser(appId, { userId: 'signs-in-anew' })
  await it.former.signIn({ userId: 'signs-in-anew' })
  it.former.sent()
  const headers = await it.later.signIn({ userId: 'signs-in-anew' })
  expect(it.former.sent()).toBe(0)
  await using last = await startBff({ env: env(`p2:${pepper}-next`), beside: it.former })
  expect((await patiently(() => last.call('GET', `/v1.1/appusers/${_id}`, { headers }))).status).toBe(200)
})
