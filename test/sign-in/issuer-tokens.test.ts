import { expect, test } from '@jest/globals'
import { createIssuerTokens } from '../../src/sign-in/issuer-tokens.ts'
import { startProvider } from '../support/provider.ts'
import { windowOf } from '../support/window.ts'

const rules = { userId: 'sub', prefix: '', roleMap: {}, defaultRoles: ['user' as const] }
const now = () => Math.floor(Date.now() / 1000)
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('an issuer that changes its key is followed once the cool-down is over', async () => {
  await using provider = await startProvider()
  const sign = () => provider.sign({ sub: 'x', aud: 'api', iat: now(), exp: now() + 600 })
  const { tokens, old, fresh } = await windowOf(4_000, async () => {
    const its = createIssuerTokens([{ id: 'p', issuer: provider.issuer, audience: 'api', claims: rules }], 600, 4_000)
    const before = await sign()
    await its.subject(before)
    await provider.rotate()
    const after = await sign()
    await expect(its.subject(after)).rejects.toMatchObject({ code: 'invalid_grant' })
    return { tokens: its, old: before, fresh: after }
  })
  await sleep(4_050)
  expect((await tokens.subject(fresh)).payload.sub).toBe('x')
  await expect(tokens.subject(old)).rejects.toMatchObject({ code: 'invalid_grant' })
})

test('an issuer that is away is said to be away, and is not asked again at once', async () => {
  const provider = await startProvider()
  const tokens = createIssuerTokens([{ id: 'p', issuer: provider.issuer, audience: 'api', claims: rules }], 600)
  const token = await provider.sign({ sub: 'x', aud: 'api', iat: now(), exp: now() + 60 })
  await provider.stop()
  for (let i = 0; i < 3; i++) await expect(tokens.subject(token)).rejects.toMatchObject({ code: 'identity_provider_unavailable' })
})
