/** The trusted issuers: of the OIDC_ settings and TRUSTED_ISSUERS, or OIDC_PROVIDERS_FILE. */
import { z } from 'zod'
import { isSameIssuer } from './issuer.ts'
import { type SecretFile, type Settings, SettingsError } from './load.ts'
import { readRows, requireSecure, secretOf } from './rows-file.ts'
import type { Secret } from './secret.ts'
import { settings as rows } from './settings.ts'

const role = z.enum(['user', 'agent', 'admin', 'auditor'])

export type ProviderRole = z.infer<typeof role>
export type AssertionAlg = z.infer<typeof rows.OIDC_CLIENT_KEY_ALG.schema>
export type LogoutTokenType = z.infer<typeof rows.OIDC_LOGOUT_TOKEN_TYPE.schema>

export interface ClaimRules {
  /** Claim with the userId. */
  readonly userId: string
  /** Put before the userId, so that people of several issuers differ. */
  readonly prefix: string
  /** Claim with the roles: a list, or words separated by spaces. */
  readonly roles?: string | undefined
  /** Our role for each of the provider's; others give none. */
  readonly roleMap: Readonly<Record<string, ProviderRole>>
  /** Roles that everybody has. */
  readonly defaultRoles: readonly ProviderRole[]
  /** Claim with the app, when several are served. */
  readonly app?: string | undefined
  /** The app of all people of this provider. */
  readonly appId?: string | undefined
}

export interface ProviderClient {
  readonly id: string
  readonly auth: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt'
  readonly secret?: Secret | undefined
  /** PEM, for private_key_jwt. */
  readonly key?: Secret | undefined
  readonly keyId?: string | undefined
  /** Absent: the first that fits the key and that the provider names. */
  readonly keyAlg?: AssertionAlg | undefined
  /** Of the proof by that key; absent: the issuer. */
  readonly assertionAudience?: 'issuer' | 'token_endpoint' | undefined
  /** Requests are pushed, also when the provider does not require it. */
  readonly par?: boolean | undefined
  readonly scope: string
  readonly idTokenAlg: string
}

/** A trusted issuer: for signing in, for exchanging its tokens, or for both. */
export interface Provider {
  readonly id: string
  readonly issuer: string
  readonly client?: ProviderClient | undefined
  /** Whether logout tokens must state their type; absent: `required`. */
  readonly logoutTokenType?: LogoutTokenType | undefined
  /** `iat`: takes the place of a missing `auth_time` after `prompt=login`; absent: nothing does. */
  readonly authTime?: 'claim' | 'iat' | undefined
  /** Audience of tokens that may be exchanged for a session. */
  readonly audience?: string | undefined
  readonly claims: ClaimRules
}

const client = z
  .strictObject({
    id: z.string().min(1),
    auth: rows.OIDC_CLIENT_AUTH.schema.default('client_secret_basic'),
    secret: z.string().optional(),
    secretFile: z.string().optional(),
    keyFile: z.string().optional(),
    keyId: z.string().optional(),
    keyAlg: rows.OIDC_CLIENT_KEY_ALG.schema.optional(),
    assertionAudience: rows.OIDC_CLIENT_KEY_AUDIENCE.schema.default('issuer'),
    par: z.boolean().default(false),
    scope: rows.OIDC_SCOPE.schema.default('openid profile'),
    idTokenAlg: z.string().default('RS256'),
  })
  .refine((it) => (it.auth === 'private_key_jwt' ? it.keyFile : Boolean(it.secret) !== Boolean(it.secretFile)), {
    message: 'needs secret or secretFile, or keyFile for private_key_jwt',
  })
const rowsOf = z
  .array(
    z
      .strictObject({
        id: z.string().regex(/^[a-z0-9-]{1,32}$/),
        issuer: rows.OIDC_ISSUER.schema,
        client: client.optional(),
        logoutTokenType: rows.OIDC_LOGOUT_TOKEN_TYPE.schema.default('required'),
        authTime: rows.OIDC_AUTH_TIME.schema.default('claim'),
        audience: z.string().min(1).optional(),
        claims: z
          .strictObject({
            userId: z.string().min(1).default('sub'),
            prefix: z.string().max(64).default(''),
            roles: z.string().min(1).optional(),
            roleMap: z.record(z.string(), role).default({}),
            defaultRoles: z.array(role).default(['user']),
            app: z.string().min(1).optional(),
            appId: z.string().min(1).optional(),
          })
          .prefault({}),
      })
      .refine((it) => it.client ?? it.audience, { message: 'needs client (to sign in), audience (to exchange tokens) or both' }),
  )
  .min(1)

/** Adds secrets' files to `files`. Throws SettingsError, also if issuers could share a userId. */
export const loadProviders = (settings: Settings, files: SecretFile[] = []): Provider[] => {
  const providers = settings.OIDC_PROVIDERS_FILE
    ? readRows(
        'OIDC_PROVIDERS_FILE',
        settings.OIDC_PROVIDERS_FILE,
        rowsOf,
        ({ id }) => id,
        providerFrom(settings.NODE_ENV === 'production', files),
      )
    : fromSettings(settings)
  const faults: string[] = []
  for (const [i, one] of providers.entries()) {
    for (const other of providers.slice(0, i)) {
      if (!isSameIssuer(one.issuer, other.issuer) && one.claims.prefix === other.claims.prefix)
        faults.push(`${one.issuer} and ${other.issuer} need different prefixes of userIds, or the same sub at both would be one person`)
    }
  }
  if (faults.length > 0) throw new SettingsError(faults)
  return providers
}

const fromSettings = (it: Settings): Provider[] => {
  const claims: ClaimRules = {
    userId: it.OIDC_USER_ID_CLAIM,
    prefix: it.OIDC_USER_ID_PREFIX,
    roles: it.OIDC_ROLES_CLAIM,
    roleMap: Object.fromEntries(it.OIDC_ROLES.map((pair) => pair.split('=') as [word: string, role: ProviderRole])),
    defaultRoles: it.OIDC_DEFAULT_ROLES,
    app: it.OIDC_APP_CLAIM,
    appId: it.OIDC_APP_ID,
  }
  const trusted = it.TRUSTED_ISSUERS.map((pair) => pair.split(' ') as [issuer: string, audience: string])
  const own = trusted.find(([issuer]) => isSameIssuer(issuer, it.OIDC_ISSUER))
  const providers: Provider[] = []
  if (it.OIDC_ISSUER)
    providers.push({
      id: 'default',
      issuer: it.OIDC_ISSUER,
      logoutTokenType: it.OIDC_LOGOUT_TOKEN_TYPE,
      authTime: it.OIDC_AUTH_TIME,
      audience: own?.[1],
      claims,
      client: {
        id: it.OIDC_CLIENT_ID!,
        auth: it.OIDC_CLIENT_AUTH,
        secret: it.OIDC_CLIENT_SECRET,
        key: it.OIDC_CLIENT_KEY,
        keyId: it.OIDC_CLIENT_KEY_ID,
        keyAlg: it.OIDC_CLIENT_KEY_ALG,
        assertionAudience: it.OIDC_CLIENT_KEY_AUDIENCE,
        par: it.OIDC_PAR,
        scope: it.OIDC_SCOPE,
        idTokenAlg: it.OIDC_ID_TOKEN_ALG,
      },
    })
  for (const pair of trusted) {
    const [issuer, audience] = pair
    if (pair !== own) providers.push({ id: `issuer-${providers.length + 1}`, issuer, audience, claims })
  }
  return providers
}

const providerFrom =
  (production: boolean, files: SecretFile[]) =>
  ({ client: given, ...provider }: z.infer<typeof rowsOf>[number]): Provider => {
    requireSecure(production, 'issuer', [provider.issuer])
    if (!given) return provider
    const { secret, secretFile, keyFile, ...client } = given
    return {
      ...provider,
      client: {
        ...client,
        secret: secretOf(files, 'OIDC_CLIENT_SECRET', secret, secretFile),
        key: secretOf(files, 'OIDC_CLIENT_KEY', undefined, keyFile),
      },
    }
  }
