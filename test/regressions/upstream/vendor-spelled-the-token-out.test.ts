/** The vendor's words were searched for our credentials as they are written: with a blank between each two characters a whole token passed to staff. */
import { expect, test } from '@jest/globals'
import { keyId, mina, startBff } from '../../support/bff.ts'
import { canaryKey } from '../../support/canaries.ts'

const separators = [' ', '  ', '-', '.', ', ', ' · ', '\u00a0', '\u200b', '\n', '_', '/', ' | ', '\u3000', "'"]
const inPieces = (text: string, length: number, separator: string): string =>
  (text.match(new RegExp(`.{1,${length}}`, 'g')) ?? []).join(separator)
const wide = (text: string): string => text.replace(/[!-~]/g, (it) => String.fromCharCode(it.charCodeAt(0) + 0xfee0))
/** As a person would put it together again. */
const lettersIn = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[^a-z0-9]/gi, '')
    .toLowerCase()

test('a credential is withheld however it is spaced out, broken or set', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  const ask = async (description: string) => {
    bff.sandbox.fault({ times: 1, status: 400, body: { error: { code: 'bad_request', description } } })
    return await bff.call('GET', `/v1.1/appusers/${mina.userId}/channels`, { headers })
  }
  await ask('x')
  const token = bff.sandbox.requests.at(-1)!.headers.authorization!.slice('Bearer '.length)
  // It is good for two minutes, whatever is signed meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 1_100))
  await ask('x')
  expect(bff.sandbox.requests.at(-1)!.headers.authorization).not.toContain(token)
  const passes = async (writing: string): Promise<boolean> => {
    const { status, text } = await ask(`cannot take ${writing}`)
    expect(status).toBe(400)
    return lettersIn(text).includes(lettersIn(writing).slice(0, 24))
  }
  const credentials: [string, string][] = [
    ['the token', token],
    ['its signature', token.split('.')[2]!],
    ['its header', token.split('.')[0]!],
    ['half its signature', token.split('.')[2]!.slice(4, 40)],
    ['the secret', canaryKey],
    ['the id', keyId],
    ['the basic form', Buffer.from(`${keyId}:${canaryKey}`).toString('base64')],
  ]
  const passed: string[] = []
  for (const [what, credential] of credentials)
    for (const separator of separators)
      for (const length of [1, 3, 8])
        if (await passes(inPieces(credential, length, separator)))
          passed.push(`${what} in pieces of ${length} by ${JSON.stringify(separator)}`)
  for (const [what, credential] of credentials) {
    if (await passes(wide(credential))) passed.push(`${what} in wide letters`)
    if (await passes(inPieces(credential, 4, ' ').toUpperCase())) passed.push(`${what} in capitals`)
  }
  expect(passed).toEqual([])
})

test('words that only look like it are passed on', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
  for (const description of [
    'The app is not on a plan that lets it do so; it is up to you to ask for it or to go on as it is.',
    'a b c d e f g h i j k l m n o p q r s t u v w x y z',
    'no key of that app may: 69f0100f2a3b4c5d6e7f8091, see https://docs.example.com/authorization#app-keys',
  ]) {
    bff.sandbox.fault({ times: 1, status: 400, body: { error: { code: 'bad_request', description } } })
    const answer = await bff.call('GET', `/v1.1/appusers/${mina.userId}/channels`, { headers })
    expect(answer.json.error.description).toBe(description)
  }
})
