/** A real OpenID provider of the test run's own, on a free port of 127.0.0.1: another site than localhost, where the service is reached. */
import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CompactSign, decodeJwt, exportJWK, SignJWT } from 'jose'
import Provider, { type Configuration } from 'oidc-provider'
import { onceARun } from './once-a-run.ts'
import { withClock } from './skewed-clock.ts'

export const clientId = 'bff-web'
export const clientSecret = 'canary-oidc-client-secret-0001-abcdef'

export interface TestProvider extends AsyncDisposable {
  readonly issuer: string
  /** Claims by login; whoever is not there has only a `sub`. */
  readonly accounts: Map<string, Record<string, unknown>>
  /** Where the provider may send people back to, and whom it tells of logouts. Known only once the service listens. */
  register(origins: readonly string[], logoutUri: string): void
  /** A JWT signed with the provider's own key; `header` may replace its parts. */
  sign(claims: Record<string, unknown>, header?: { typ?: string | undefined; alg?: string; kid?: string }): Promise<string>
  /** The same for claims as they are written, numbers and bytes and all. */
  signText(claims: string | Uint8Array): Promise<string>
  /** From now on it signs with a new key. */
  rotate(): Promise<void>
  /** Seconds since 1970 by its own clock. */
  readonly now: () => number
  /** Requests for its keys. */
  readonly keyFetches: () => number
  stop(): Promise<void>
}

let used = 0

/** Making one takes a quarter of a second of processor time. In a run of tests those once made serve all files: within a file
 * no two are the same. */
const rsaKey = (): KeyObject => {
  const make = () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  used += 1
  const file = onceARun(`key-${used}.pem`, (place) => writeFileSync(place, make().export({ type: 'pkcs8', format: 'pem' })))
  return file === undefined ? make() : createPrivateKey(readFileSync(file))
}

const newKey = async (kid: string) => {
  const privateKey = rsaKey()
  return { privateKey, jwk: { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'RS256' } }
}

const withhold = (provider: Provider, names: readonly string[]): void => {
  const { prototype } = provider.IdToken as unknown as { prototype: { payload: () => Promise<Record<string, unknown>> } }
  const payload = prototype.payload
  prototype.payload = async function (this: unknown) {
    const claims = await payload.call(this)
    return Object.fromEntries(Object.entries(claims).filter(([name]) => !names.includes(name)))
  }
}

const assertionAlgorithms = ['RS256', 'PS256', 'RS512', 'ES256', 'ES384', 'Ed25519', 'EdDSA'] as const

/** How it is set up: as real providers are, where they differ. */
export interface ProviderSetUp {
  readonly client?: Record<string, unknown>
  /** Public keys of the client. */
  readonly keys?: readonly unknown[]
  /** What its issuer ends in, such as a slash. */
  readonly issuerEnd?: string
  /** Its clock, before or behind ours. */
  readonly aheadSeconds?: number
  /** Claims come from userinfo alone, as OpenID Core has it, section 5.4. */
  readonly userinfoOnly?: boolean
  /** The type in the header of its logout tokens, `none` for none. */
  readonly logoutType?: 'logout+jwt' | 'JWT' | 'none'
  /** Claims that it never sends in an ID token, whatever it is asked. */
  readonly withholds?: readonly string[]
  /** More claims that it knows, beside sub, roles and app. */
  readonly claims?: readonly string[]
  readonly features?: Record<string, unknown>
  /** Sees each proof of the client. */
  readonly onAssertion?: (claims: Record<string, unknown>, header: Record<string, unknown>) => void
  /** Answers in the place of the provider when it says true. */
  readonly answer?: Answering
}

type Answering = (req: IncomingMessage, res: ServerResponse) => boolean

/** An answer in the provider's place, to all paths that begin so. */
export const says =
  (path: string, status: number, body: string, type = 'application/json'): Answering =>
  (req, res) => {
    if (!req.url?.startsWith(path)) return false
    res.writeHead(status, { 'content-type': type }).end(body)
    return true
  }

export const startProvider = async (setUp: ProviderSetUp = {}): Promise<TestProvider> => {
  const { aheadSeconds = 0, issuerEnd = '', userinfoOnly = false, logoutType = 'logout+jwt' } = setUp
  // It says at length, again and again, that this is not for production.
  Object.assign(console, { info: () => undefined, warn: () => undefined })
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = `${origin}${issuerEnd}`
  const mount = issuerEnd.replace(/\/$/, '')
  const accounts = new Map<string, Record<string, unknown>>()
  let key = await newKey('key-1')
  let fetches = 0
  let handler: ReturnType<Provider['callback']>
  let last: [readonly string[], string] = [[], '']

  /** Its logout token under the type that the set-up says; the library knows one only. */
  const retyped = async (body: RequestInit['body']): Promise<RequestInit> => {
    const token = new URLSearchParams(String(body ?? '')).get('logout_token')
    if (token === null || logoutType === 'logout+jwt') return {}
    const typ = logoutType === 'none' ? undefined : logoutType
    const signed = await new SignJWT(decodeJwt(token))
      .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid, ...(typ && { typ }) })
      .sign(key.privateKey)
    return { body: new URLSearchParams({ logout_token: signed }) }
  }

  const build = ([origins, logoutUri]: typeof last): void => {
    last = [origins, logoutUri]
    const named = ['name', 'email']
    const more = ['roles', 'app', ...(setUp.claims ?? [])]
    const configuration: Configuration = {
      clients: [
        {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: origins.map((origin) => `${origin}/bff/auth/callback`),
          post_logout_redirect_uris: origins.map((origin) => `${origin}/`),
          backchannel_logout_uri: logoutUri || 'http://127.0.0.1:1/',
          backchannel_logout_session_required: true,
          ...(setUp.keys && { jwks_uri: `${origin}/client-jwks` }),
          ...setUp.client,
        },
      ],
      jwks: { keys: [key.jwk as never] },
      ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      cookies: { keys: ['canary-provider-cookie-key'] },
      features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: true }, ...setUp.features },
      // Those of the scope openid are in the ID token whatever is said below.
      claims: userinfoOnly ? { openid: ['sub'], profile: [...named, ...more] } : { openid: ['sub', ...more], profile: named },
      enabledJWA: { clientAuthSigningAlgValues: assertionAlgorithms },
      assertJwtClientAuthClaimsAndHeader: async (_ctx, claims, header) => setUp.onAssertion?.(claims, header),
      conformIdTokenClaims: userinfoOnly,
      pkce: { required: () => true },
      findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...accounts.get(id) }) }),
      // Nobody is asked for consent: the service is the company's own.
      loadExistingGrant: async (ctx) => {
        const { client, session, provider } = ctx.oidc as unknown as {
          client: { clientId: string }
          session: { accountId: string }
          provider: Provider
        }
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId })
        grant.addOIDCScope('openid profile')
        await grant.save()
        return grant
      },
      // Its guard against calls to the own network is in the dispatcher; the tests live on that network.
      fetch: async (url, { dispatcher: _guard, ...options }: RequestInit & { dispatcher?: unknown }) =>
        fetch(url as string, { ...options, ...(await retyped(options.body)) }),
    } as Configuration
    const made = new Provider(issuer, configuration)
    withhold(made, setUp.withholds ?? [])
    handler = made.callback()
  }
  build(last)
  server.on('request', (req, res) => {
    if (setUp.answer?.(req, res)) return
    if (req.url === '/jwks') fetches++
    if (req.url === '/client-jwks')
      return void res.setHeader('content-type', 'application/jwk-set+json').end(JSON.stringify({ keys: setUp.keys }))
    // As a router does that holds it below a path.
    if (mount && req.url?.startsWith(`${mount}/`))
      Object.assign(req, { originalUrl: req.url, baseUrl: mount, url: req.url.slice(mount.length) })
    void withClock(aheadSeconds, () => handler(req, res))
  })

  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return {
    issuer,
    accounts,
    register: (origins, logoutUri) => build([origins, logoutUri]),
    sign: (claims, header = {}) =>
      new SignJWT({ iss: issuer, ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid, ...header } as { alg: string })
        .sign(key.privateKey),
    signText: (claims) =>
      new CompactSign(typeof claims === 'string' ? new TextEncoder().encode(claims) : claims)
        .setProtectedHeader({ alg: 'RS256', kid: key.jwk.kid })
        .sign(key.privateKey),
    rotate: async () => {
      key = await newKey(`key-${Date.now()}`)
      build(last)
    },
    now: () => Math.floor(Date.now() / 1000) + aheadSeconds,
    keyFetches: () => fetches,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
