/** A refresh token could be traded for its successor as fast as one asked, for ever: each left a line in the store that the next had to go through. */
import { expect, test } from '@jest/globals'
import { audience, startWithProvider } from '../../support/with-provider.ts'

const now = () => Math.floor(Date.now() / 1000)

test('refreshes count among the writes of a person, and one that is refused counts as no second use of its token', async () => {
  await using it = await startWithProvider({ LIMIT_WRITES: '3' })
  const begin = async (sub: string) => {
    const subject_token = await it.provider.sign({ sub, aud: audience, iat: now(), exp: now() + 300, jti: crypto.randomUUID() })
    const json = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token,
    }
    return (await it.bff.call('POST', '/auth/session', { json })).json.refresh_token as string
  }
  const refresh = (refresh_token: string) => it.bff.call('POST', '/auth/refresh', { json: { refresh_token } })

  let token = await begin('eager')
  const elsewhere = await begin('eager')
  for (const left of [2, 1, 0]) {
    const answer = await refresh(token)
    expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, expect.stringContaining(`"writes";r=${left};`)])
    token = answer.json.refresh_token
  }
  for (const refused of [await refresh(token), await refresh(token), await refresh(elsewhere)]) {
    expect([refused.status, refused.json.error.code]).toEqual([429, 'too_many_requests'])
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
  }
  expect((await refresh(await begin('patient'))).status).toBe(200)
  expect(it.bff.lines.some((line) => line['alarm'] === 'refresh_token_reused')).toBe(false)
})
