/** A token whose person could not be taken was refused with a pointer to `userId`, a field that the form of the exchange does not have. */
import { expect, test } from '@jest/globals'
import { appId } from '../../support/bff.ts'
import { audience, startWithProvider } from '../../support/with-provider.ts'

test('a refused person of a token is pointed to by the token', async () => {
  await using it = await startWithProvider()
  const other = it.bff.sandbox.createUser(appId, { userId: 'someone-else' })
  const seconds = Math.floor(Date.now() / 1000)
  const answer = await it.bff.call('POST', '/auth/session', {
    json: {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await it.provider.sign({ sub: other._id, aud: audience, iat: seconds, exp: seconds + 300, jti: 'a' }),
    },
  })
  const detail = "userId: this is another user's _id."
  expect([answer.status, answer.json.detail, answer.json.errors]).toEqual([400, detail, [{ pointer: '#/subject_token', detail }]])
})
