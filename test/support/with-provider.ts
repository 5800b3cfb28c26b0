/** The service with a real OpenID provider beside it, as most tests of signing in need them. */
import { type Bff, patiently, startBff } from './bff.ts'
import { clientId, clientSecret, type ProviderSetUp, startProvider, type TestProvider } from './provider.ts'
import { createWalker, type Walker } from './walk.ts'

export const audience = 'api://bff'

export interface WithProvider extends AsyncDisposable {
  readonly provider: TestProvider
  readonly bff: Bff
  readonly origin: string
  /** A browser in which this person has signed in. */
  signIn(login: string, query?: string): Promise<Walker>
  who(headers: Record<string, string>): Promise<Record<string, unknown>>
}

export const providerEnv = (provider: TestProvider): Record<string, string> => ({
  OIDC_ISSUER: provider.issuer,
  OIDC_CLIENT_ID: clientId,
  OIDC_CLIENT_SECRET: clientSecret,
  OIDC_ROLES_CLAIM: 'roles',
  OIDC_ROLES: 'support=agent,support-lead=admin',
  TRUSTED_ISSUERS: `${provider.issuer} ${audience}`,
})

type Env = Record<string, string>

export const startWithProvider = async (
  more: Env | ((provider: TestProvider) => Env) = {},
  setUp: ProviderSetUp = {},
): Promise<WithProvider> => {
  const provider = await startProvider(setUp)
  const env = typeof more === 'function' ? more(provider) : more
  provider.accounts.set('ada', { name: 'Ada Admin', roles: ['support-lead'] })
  const redis = process.env['TEST_REDIS_URL']
  const bff = await startBff({ env: { ...(redis && { REDIS_URL: redis }), ...providerEnv(provider), ...env } }).catch(
    async (error: unknown) => {
      await provider.stop()
      throw error
    },
  )
  const origin = bff.app.origins[0]!
  provider.register([origin], `${bff.app.publicUrl}/bff/auth/backchannel-logout`)
  return {
    provider,
    bff,
    origin,
    signIn: async (login, query = '') => {
      const { walker } = await patiently(async () => {
        const walker = createWalker()
        const { last } = await walker.signIn(`${origin}/bff/auth/login${query}`, login)
        // Where the test answers in the provider's place, its trouble is meant, and stays.
        const isMeant = setUp.answer !== undefined && last.text.includes('identity_provider_unavailable')
        return { walker, status: isMeant ? 0 : last.status }
      })
      return walker
    },
    who: async (headers) => (await patiently(() => bff.call('GET', '/auth/session', { headers }))).json,
    [Symbol.asyncDispose]: async () => {
      await bff[Symbol.asyncDispose]()
      await provider.stop()
    },
  }
}
