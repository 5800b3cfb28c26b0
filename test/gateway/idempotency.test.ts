/** The Idempotency-Key on pre_create_app_user: carried out once, however often it is asked for. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Bff, type Carried, startBff } from '../support/bff.ts'
import { until } from '../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const stores = [['in this process', {}], ...(redisUrl ? [['Redis', { REDIS_URL: redisUrl }]] : [])] as [string, Record<string, string>][]

describe.each(stores)('the Idempotency-Key on pre_create_app_user, %s', (_name, env) => {
  let bff: Bff
  let staff: Carried
  beforeAll(async () => {
    bff = await startBff({ env })
    staff = await bff.signIn({ roles: ['agent'], actor: { id: 'agent' } })
  })
  afterAll(async () => {
    await bff[Symbol.asyncDispose]()
  })

  const create = (key: string, userId: string) =>
    bff.call('POST', '/v1.1/appusers', { headers: { ...staff, 'idempotency-key': key }, json: { userId } })
  const sends = () => bff.sandbox.requests.filter(({ operation }) => operation === 'pre_create_app_user').length

  test('gives the first answer again, and another body is 422', async () => {
    const before = sends()
    const first = await create('a', 'once-a')
    const again = await create('a', 'once-a')
    expect([first.status, first.headers.get('idempotency-replayed')]).toEqual([201, null])
    expect([again.status, again.headers.get('idempotency-replayed'), again.json]).toEqual([201, 'true', first.json])
    const other = await create('a', 'once-b')
    expect([other.status, other.json.error.code]).toEqual([422, 'idempotency_key_reused'])
    expect(sends() - before).toBe(1)
  })

  test('keeps a refusal too', async () => {
    await create('b', 'once-c')
    const before = sends()
    expect([(await create('c', 'once-c')).status, (await create('c', 'once-c')).status]).toEqual([409, 409])
    expect(sends() - before).toBe(1)
  })

  test('is 409 while the first runs and 504 when nobody knows; it is never sent again', async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    bff.sandbox.fault({ operation: 'pre_create_app_user', held, reset: true, times: 1 })
    const earlier = sends()
    const first = create('d', 'once-d')
    await until(() => sends() !== earlier)
    const before = sends()
    const meanwhile = await create('d', 'once-d')
    expect([meanwhile.status, meanwhile.json.error.code]).toEqual([409, 'operation_pending'])
    letGo()
    expect((await first).status).toBe(504)
    const later = await create('d', 'once-d')
    expect([later.status, later.json.error.code, sends() - before]).toEqual([504, 'operation_unknown', 0])
  })

  test('of 50 at once one is sent', async () => {
    let times = 0
    const ask = async () => {
      times += 1
      const before = sends()
      const answers = await Promise.all(Array.from({ length: 50 }, () => create(`e${times}`, `once-e${times}`)))
      return { answers, sent: sends() - before }
    }
    // On a busy machine Redis may be silent for too long, and a call is then refused.
    const { answers, sent } = await until(ask, (it) => it.answers.every(({ status }) => status !== 503))
    expect(sent).toBe(1)
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0)
    for (const { status } of answers) expect([201, 409]).toContain(status)
  })
})
