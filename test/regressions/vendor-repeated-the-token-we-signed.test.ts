/** The list of what must never come back held key id, secret and Basic form, but not the token that is signed for each call. It opens the whole app for two minutes. */
import { expect, test } from '@jest/globals'
import { mina, startBff } from '../support/bff.ts'

test("the vendor's words are withheld when they hold the token that we sent", async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const read = () => bff.call('GET', `/v1.1/appusers/${mina.userId}/channels`, { headers })
  await read()
  const sent = bff.sandbox.requests.at(-1)!.headers.authorization!
  expect(sent).toMatch(/^Bearer eyJ/)
  for (const description of [`cannot take ${sent}`, sent.slice('Bearer '.length), JSON.stringify({ authorization: sent })]) {
    bff.sandbox.fault({ times: 1, status: 400, body: { error: { code: 'bad_request', description } } })
    const { status, text } = await read()
    expect([status, text.includes('eyJ'), text.includes(sent.split('.')[2]!)]).toEqual([400, false, false])
  }
})
