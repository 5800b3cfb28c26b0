/** The list of what must never come back held key id, secret and Basic form, but not the token that is signed for each call. It opens the whole app for two minutes. */
import { expect, test } from '@jest/globals'
import { mina, startBff } from '../../support/bff.ts'

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

test('nor a part or another writing of it, from which it could be put together again; other words are passed on', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const read = async (description: string) => {
    bff.sandbox.fault({ times: 1, status: 400, body: { error: { code: 'bad_request', description } } })
    return (await bff.call('GET', `/v1.1/appusers/${mina.userId}/channels`, { headers })).json.error.description
  }
  await read('x')
  const sent = bff.sandbox.requests.at(-1)!.headers.authorization!.slice('Bearer '.length)
  const [head, payload, signature] = sent.split('.') as [string, string, string]
  const writings = [
    signature,
    `signature=${signature};`,
    `${payload} ${signature}`,
    head,
    Buffer.from(sent).toString('base64'),
    Buffer.from(sent).toString('hex'),
  ]
  for (const writing of writings) expect(await read(`cannot take ${writing}`)).not.toContain(writing.slice(-20))
  const id = 'there is no 5a1b2c3d4e5f60718293a4b5 nor 0197c3a0-7b1e-7cc4-9d3f-2f6a1b0c9d8e'
  expect(await read(id)).toBe(id)
})
