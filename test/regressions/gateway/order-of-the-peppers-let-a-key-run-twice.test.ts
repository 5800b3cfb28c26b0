/** An Idempotency-Key was claimed under the newest pepper alone: in the moment in which the replicas have their peppers in another order, or one more, two calls with one key at once were both carried out. */
import { describe, expect, test } from '@jest/globals'
import { type Carried, pepper, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const redisUrl = process.env['TEST_REDIS_URL']
const whenThere = redisUrl ? describe : describe.skip // Redis is not installed

const [first, second] = [`p1:${pepper}`, `p2:${pepper}-the-next`]

whenThere.each([
  ['in another order', 'a', `${first},${second}`, `${second},${first}`],
  ['one more behind', 'b', first, `${first},${second}`],
  ['one more before', 'c', first, `${second},${first}`],
])('two replicas, peppers %s', (_, id, ofOne, ofOther) => {
  test('of calls with one key at once one is carried out, and its answer is that of all', async () => {
    const env = (SESSION_PEPPERS: string) => ({ REDIS_URL: redisUrl!, SESSION_PEPPERS })
    await using one = await startBff({ env: env(ofOne) })
    await using other = await startBff({ env: env(ofOther), beside: one })
    const headers = await one.signIn({ roles: ['agent'], actor: { id: 'agent' } })
    const create = (bff: typeof one, more: Carried, userId: string) =>
      bff.call('POST', '/v1.1/appusers', { headers: { ...headers, ...more }, json: { userId } })
    for (let round = 0; round < 10; round += 1) {
      const key = { 'idempotency-key': `${id}-${round}` }
      const answers = await Promise.all([one, other, one, other].map((bff) => create(bff, key, `${id}-${round}`)))
      // 503: on a busy machine Redis is silent for too long now and then.
      for (const { status } of answers) expect([201, 409, 503]).toContain(status)
      const made = (bff: typeof one) =>
        until(
          () => create(bff, key, `${id}-${round}`),
          ({ status }) => status === 201,
        )
      const first = answers.find(({ status }) => status === 201) ?? (await made(one))
      for (const bff of [one, other]) {
        const again = await made(bff)
        expect([again.headers.get('idempotency-replayed'), again.json]).toEqual(['true', first.json])
      }
    }
    expect(one.sandbox.requests.filter(({ operation }) => operation === 'pre_create_app_user')).toHaveLength(10)
  })
})
