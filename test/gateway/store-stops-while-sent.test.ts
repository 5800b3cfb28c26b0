/** The session store stops while the vendor has the call: what it answers is told as it is, and what could not be stored is an alarm. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { appId, type Bff } from '../support/bff.ts'
import { bffOnRedis } from '../support/bff-on-redis.ts'
import { redisInstalled } from '../support/redis.ts'
import { until } from '../support/until.ts'

const given = redisInstalled() ? describe : describe.skip

given('the session store, stopped while the vendor has the call', () => {
  const service = bffOnRedis()
  afterEach(() => service.bff.sandbox.clearFaults())

  const meanwhile = async (operation: string, fault: object, call: () => ReturnType<Bff['call']>) => {
    const { promise: held, resolve } = Promise.withResolvers<void>()
    service.bff.sandbox.fault({ operation, held, ...fault })
    const sends = () => service.bff.sandbox.requests.filter((it) => it.operation === operation).length
    const before = sends()
    const answer = call()
    await until(() => sends() !== before)
    service.stop()
    resolve()
    return await answer
  }
  const alarms = (name: string) => service.bff.lines.filter(({ alarm }) => alarm === name)
  /** The store goes on: the call, as soon as it goes through. */
  const later = async (call: () => ReturnType<Bff['call']>) => {
    service.goOn()
    return await until(call, ({ status }) => status !== 503)
  }

  test('a deletion that the vendor refuses is a failure, and the mark that stays is an alarm', async () => {
    const { bff } = service
    bff.sandbox.createUser(appId, { userId: 'refused' })
    const admin = await bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
    const answer = await meanwhile('delete_app_user', { status: 400 }, () =>
      bff.call('DELETE', '/v1.1/appusers/refused', { headers: admin }),
    )
    expect([answer.status, answer.json.error.code]).toEqual([400, 'bad_request'])
    expect(alarms('person_not_unmarked')).toHaveLength(1)
    const operation = answer.headers.get('audit-operation')
    const { json } = await later(() => bff.call('GET', `/ops/api/operations/${operation}`, { headers: admin }))
    expect(json.state).toBe('failure')
    expect(bff.sandbox.user(appId, 'refused')).toBeDefined()
  })

  test("a person's own user is answered, and that its id may not be stored is an alarm", async () => {
    const { bff } = service
    const headers = await bff.signIn({ userId: 'read' })
    const user = bff.sandbox.createUser(appId, { userId: 'read' })
    const answer = await meanwhile('get_app_user', { userId: 'read' }, () => bff.call('GET', '/v1.1/appusers/me', { headers }))
    expect([answer.status, answer.json.appUser?._id]).toEqual([200, user._id])
    expect(alarms('smooch_id_not_kept')).toHaveLength(1)
    bff.sandbox.clearFaults()
    expect((await later(() => bff.call('GET', '/v1.1/appusers/me', { headers }))).status).toBe(200)
    expect(alarms('smooch_id_not_kept')).toHaveLength(1)
  })
})
