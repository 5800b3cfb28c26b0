/** An Idempotency-Key was looked for under the newest pepper alone: in the hour of a rotation a repeat was sent again. */
import { expect, test } from '@jest/globals'
import { type Carried, pepper, startBff } from '../../support/bff.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const whenThere = redisUrl ? test : test.skip

whenThere('a repeat after a new pepper has come gets the first answer, with an old session and a new one', async () => {
  const env = (SESSION_PEPPERS: string) => ({ REDIS_URL: redisUrl!, SESSION_PEPPERS })
  await using former = await startBff({ env: env(`p1:${pepper}`) })
  await using later = await startBff({ env: env(`p2:${pepper}-the-next,p1:${pepper}`), beside: former })
  const agent = { roles: ['agent' as const], actor: { id: 'agent' } }
  const create = (bff: typeof former, headers: Carried, userId: string) =>
    bff.call('POST', '/v1.1/appusers', { headers: { ...headers, 'idempotency-key': 'k' }, json: { userId } })
  const old = await former.signIn(agent)
  const first = await create(former, old, 'once')
  expect(first.status).toBe(201)
  for (const headers of [old, await later.signIn(agent)]) {
    const again = await create(later, headers, 'once')
    expect([again.status, again.headers.get('idempotency-replayed'), again.json]).toEqual([201, 'true', first.json])
    expect((await create(later, headers, 'another')).json.error.code).toBe('idempotency_key_reused')
  }
  expect(former.sandbox.requests.filter(({ operation }) => operation === 'pre_create_app_user')).toHaveLength(1)
})
