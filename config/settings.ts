/** TABLE: one row per setting. The loader, example.env and docs/configure.md are derived from it;
 * each secret can also be given as a file through NAME_FILE. */
import { isIP } from 'node:net'
import { RE2JS } from 're2js'
import { z } from 'zod'
import { faultOfPostgres } from '../src/platform/postgres-address.ts'
import { parseLogin, parseRedisAddress, RedisAddressError } from '../src/platform/redis/address.ts'

const port = z.coerce.number().int().min(0).max(65_535)
const perMinute = z.coerce.number().int().min(1).max(1_000_000)
const flag = z.enum(['on', 'off']).transform((word) => word === 'on')
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
)
const origin = z
  .string()
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) && new URL(text).origin === text,
    'must be an exact origin such as https://app.example.com',
  )
const origins = list.pipe(z.array(origin))
const url = z
  .string()
  .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), {
    error: 'must be an http or https address',
    abort: true,
  })
  .refine((text) => new URL(text).username + new URL(text).password === '', 'must be an address without credentials')
/** An address to which paths are appended. */
const base = url.refine((text) => !/[?#]/.test(text), 'must be an address without query or fragment')
const networks = list.pipe(
  z.array(
    z.string().refine((text) => {
      const [address = '', bits = '32', ...rest] = text.split('/')
      const max = isIP(address) === 4 ? 32 : 128
      return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= max && rest.length === 0
    }, 'must be addresses or CIDRs such as 10.0.0.0/8, not everybody (/0), who could then claim any address'),
  ),
)
const host = z
  .string()
  .refine((text) => isIP(text) !== 0 || /^[A-Za-z0-9._-]+$/.test(text), 'must be an address or a name of this machine, without a port')
const faultOfJournal = (text: string): string | undefined => {
  if (text.startsWith('sqlite:~')) return 'must name the whole path: a ~ is not taken for a home folder'
  if (/^sqlite:\/\/[^/]/.test(text)) return 'must be sqlite:PATH, as in sqlite:./data/journal.db or sqlite:/var/lib/journal.db, without //'
  return /^sqlite:./.test(text) ? undefined : faultOfPostgres(text)
}
const journalUrl = z.string().superRefine((text, { addIssue }) => {
  const message = faultOfJournal(text)
  if (message !== undefined) addIssue({ code: 'custom', message })
})

/** What the parser throws becomes the fault. */
const parsedBy = (parse: (text: string) => unknown) =>
  z.string().superRefine((text, { addIssue }) => {
    try {
      parse(text)
    } catch (error) {
      addIssue({ code: 'custom', message: error instanceof RedisAddressError ? error.message : 'cannot be read' })
    }
  })
const redisUrl = parsedBy(parseRedisAddress)
const pem = (label: string) => z.string().includes(`${label}-----`, `must be in PEM, with BEGIN ${label}`)

const commaList = (fits: (item: string) => boolean, message: string) =>
  z.string().refine((text) => text.split(',').every((item) => fits(item.trim())), message)
const partsIn = (text: string, at: 0 | 1): string[] => text.split(',').map((pair) => pair.trim().split(':')[at] ?? '')
const allDiffer = (parts: readonly string[]): boolean => new Set(parts).size === parts.length
/** A key is found by name or by secret, so a second one with the same would never be. */
const distinctNames = [(text: string) => allDiffer(partsIn(text, 0)), 'must give each key a name of its own'] as const
const distinctSecrets = [(text: string) => allDiffer(partsIn(text, 1)), 'must give each key a secret of its own'] as const
/** `name:secret` pairs; secrets of 32 characters cannot be guessed. */
const namedSecrets = commaList(
  (pair) => /^[A-Za-z0-9_.-]{1,32}:[^:,]{32,}$/.test(pair),
  'must be a comma list of name:secret with secrets of at least 32 characters, without : or ,',
)
  .refine(...distinctNames)
  .refine(...distinctSecrets)
/** An empty secret in the list would let anybody in. */
const secrets = commaList((secret) => secret.length >= 16, 'must be a comma list of secrets of at least 16 characters')
/** `whsec_` and base64 without a rest that decoding would skip, or a text. */
const alertSecret = /^(whsec_(?:[A-Za-z0-9+/]{4}){8,21}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?|(?!whsec_).{32,})$/
const alertSecrets = commaList(
  (secret) => alertSecret.test(secret),
  'must be a comma list of whsec_ and the base64 of 24 to 64 bytes, or of texts of at least 32 characters',
)
const serviceKey = /^[A-Za-z0-9_.-]{1,32}:[^:,]{32,}(:(user|agent|admin|auditor|service)(\+(user|agent|admin|auditor|service))*)?$/
const serviceKeys = commaList(
  (item) => serviceKey.test(item),
  'must be a comma list of name:secret or name:secret:role+role with secrets of at least 32 characters',
)
  .refine(...distinctNames)
  .refine(...distinctSecrets)

const roleMap = list.pipe(
  z.array(
    z.string().regex(/^[^=]+=(user|agent|admin|auditor)$/, 'must be a comma list of word=role with the roles user, agent, admin, auditor'),
  ),
)
/** Has a word for none, since an empty variable counts as absent. */
const roles = z
  .string()
  .transform((text) => (text.trim() === 'none' ? '' : text))
  .pipe(list)
  .pipe(z.array(z.enum(['user', 'agent', 'admin', 'auditor'])))
const basePath = z
  .string()
  .regex(/^(\/|(\/[A-Za-z0-9_-]+)+)$/, 'must be / or like /bff')
  .transform((text) => (text === '/' ? '' : text))
const issuers = list.pipe(
  z.array(
    z
      .string()
      .regex(/^\S+ \S+$/, 'must be a comma list of issuer and audience, separated by a space')
      .refine((text) => url.safeParse(text.split(' ')[0]).success, 'must name issuers by their http or https address'),
  ),
)

/** Run by an engine in linear time: callers write the text that it is tried on. */
const pattern = z
  .string()
  .max(200)
  .transform((text, { addIssue }) => {
    try {
      return RE2JS.compile(text)
    } catch {
      addIssue('must be a regular expression without backreferences and without looking ahead or behind')
      return z.NEVER
    }
  })

interface Setting {
  readonly schema: z.ZodType<unknown, unknown>
  /** As written in the environment; absent: the setting may be missing. */
  readonly default?: string
  readonly secret?: true
  readonly about: string
}

// biome-ignore format: a table is read down its columns
export const settings = {
  NODE_ENV:           { schema: z.enum(['development', 'test', 'production']), default: 'development', about: 'production refuses in-process stores, http origins and the demo' },
  PORT:               { schema: port, default: '3000', about: 'port of the public listener; 0 = any free one' },
  HOST:               { schema: host, default: '127.0.0.1', about: 'address of the public listener' },
  PRIVATE_PORT:       { schema: port, default: '3001', about: 'port of the private listener: health, metrics, minting of sessions' },
  PRIVATE_HOST:       { schema: host, default: '127.0.0.1', about: 'address of the private listener; never expose it to the internet' },
  BASE_PATH:          { schema: basePath, default: '/bff', about: 'prefix of every public path; / = none' },
  PUBLIC_ORIGIN:      { schema: origins, about: 'exact origins that browsers use, comma list; default: this listener on loopback' },
  STAFF_ORIGIN:       { schema: origin, about: 'the exact origin of staff: staff roles are valid only there, the role user only elsewhere' },
  COOKIE_NAME:        { schema: z.string().regex(/^[a-z0-9]{1,32}$/, 'must be 1 to 32 small letters and digits'), default: 'bff', about: 'part of the names of the cookies; several services on one host name need different ones, since cookies ignore the port' },
  TRUSTED_PROXIES:    { schema: networks, default: '', about: 'CIDRs of proxies whose X-Forwarded-For is used' },
  NODE_USE_ENV_PROXY: { schema: z.enum(['0', '1']).transform((word) => word === '1'), default: '0', about: '1 = reach the vendor, the identity provider and receivers of alerts through HTTPS_PROXY, except the hosts in NO_PROXY' },
  SMOOCH_BASE_URL:    { schema: base, about: 'the vendor: https://api.smooch.io, https://api.eu-1.smooch.io or https://{subdomain}.zendesk.com/sc' },
  SMOOCH_APP_ID:      { schema: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be an app id'), about: 'the app whose users are served' },
  SMOOCH_AUTH:        { schema: z.enum(['signed', 'basic', 'jwt']), default: 'signed', about: 'signed = a JWT for each call, signed with key id and secret; basic = HTTP basic with both; jwt = SMOOCH_JWT' },
  SMOOCH_KEY_ID:      { schema: z.string().min(1), about: 'id of the API key; an app-scoped key (app_…) is preferred' },
  SMOOCH_KEY_SECRET:  { schema: z.string().min(16), secret: true, about: 'secret of the API key' },
  SMOOCH_KEY_ID_2:    { schema: z.string().min(1), about: 'id of a second live key, for rotation' },
  SMOOCH_KEY_SECRET_2:{ schema: z.string().min(16), secret: true, about: 'secret of the second live key' },
  SMOOCH_JWT:         { schema: z.string().min(16), secret: true, about: 'the JWT for SMOOCH_AUTH=jwt' },
  SMOOCH_WEBHOOK_SECRET: { schema: secrets, secret: true, about: 'secret of the registered webhook (npm run webhooks -- register); a comma list while it is being changed' },
  APPS_FILE:          { schema: z.string(), about: 'YAML file with several apps, instead of the SMOOCH_ settings' },
  SESSION_KEYS:       { schema: namedSecrets, secret: true, about: 'comma list kid:secret; the first signs session tokens, all verify' },
  SESSION_PEPPERS:    { schema: namedSecrets, secret: true, about: 'comma list kid:secret; the first seals session records, all open' },
  SERVICE_KEYS:       { schema: serviceKeys, secret: true, about: 'comma list name:secret or name:secret:role+role (a cap on the roles of sessions that the key can mint, list, end and change; for programs it must contain service)' },
  REDIS_URL:          { schema: redisUrl, secret: true, about: 'sessions and limits: redis://, rediss://, redis+sentinel://, redis+cluster:// (with TLS: rediss+…), unix:// or a socket path; absent = in-process' },
  CACHE_REDIS_URL:    { schema: redisUrl, secret: true, about: 'a separate Redis for the user cache; absent = the one of REDIS_URL, so that a hot read takes one round trip' },
  REDIS_CA:           { schema: pem('CERTIFICATE'), secret: true, about: 'your certificate authority, in PEM, if the certificate of Redis is not from a public one' },
  REDIS_CLIENT_CERT:  { schema: pem('CERTIFICATE'), secret: true, about: 'the client certificate, in PEM, for a Redis that requires one; needs REDIS_CLIENT_KEY' },
  REDIS_CLIENT_KEY:   { schema: pem('PRIVATE KEY'), secret: true, about: 'the private key of that certificate, in PEM' },
  REDIS_SENTINEL_LOGIN: { schema: parsedBy(parseLogin), secret: true, about: 'credentials for the Sentinels, which are not those of the master: user:password or :password' },
  IN_PROCESS_STORE:   { schema: flag, default: 'off', about: 'on = in production, keep sessions in the process; a restart then signs everybody out' },
  OIDC_ISSUER:        { schema: url, about: 'the OpenID provider at which people sign in with a browser' },
  OIDC_CLIENT_ID:     { schema: z.string().min(1), about: 'our client id there; the redirect address is {origin}{BASE_PATH}/auth/callback' },
  OIDC_CLIENT_AUTH:   { schema: z.enum(['client_secret_basic', 'client_secret_post', 'private_key_jwt']), default: 'client_secret_basic', about: 'how the client authenticates' },
  OIDC_CLIENT_SECRET: { schema: z.string().min(16), secret: true, about: 'the client secret, for client_secret_basic and client_secret_post' },
  OIDC_CLIENT_KEY:    { schema: z.string().includes('PRIVATE KEY', 'must be a private key in PEM'), secret: true, about: 'the private key in PEM, for private_key_jwt (RSA, EC or Ed25519)' },
  OIDC_CLIENT_KEY_ID: { schema: z.string().min(1), about: 'the kid of that key at the provider' },
  OIDC_CLIENT_KEY_ALG: { schema: z.enum(['RS256', 'PS256', 'RS384', 'PS384', 'RS512', 'PS512', 'ES256', 'ES384', 'ES512', 'Ed25519', 'EdDSA']), about: 'the algorithm of that key; absent = the first that fits the key and that the provider supports' },
  OIDC_CLIENT_KEY_AUDIENCE: { schema: z.enum(['issuer', 'token_endpoint']), default: 'issuer', about: 'the audience of the assertion: the issuer, or the token endpoint for older providers' },
  OIDC_PAR:           { schema: flag, default: 'off', about: 'on = push the request to the provider first (RFC 9126); done anyway if its discovery document requires it' },
  OIDC_SCOPE:         { schema: z.string().regex(/(^| )openid( |$)/, 'must hold openid'), default: 'openid profile', about: 'the scopes to request: those that your claims need' },
  OIDC_ID_TOKEN_ALG:  { schema: z.string(), default: 'RS256', about: 'the algorithm with which the provider signs ID tokens' },
  OIDC_LOGOUT_TOKEN_TYPE: { schema: z.enum(['required', 'optional']), default: 'required', about: 'whether a logout token must be of the type logout+jwt; optional also accepts JWT and none, for providers that send these' },
  OIDC_AUTH_TIME:     { schema: z.enum(['claim', 'iat']), default: 'claim', about: 'when somebody last signed in: the claim auth_time; iat = if it is missing, the time of issue of a token requested with prompt=login, for a provider that then always asks for credentials' },
  OIDC_USER_ID_CLAIM: { schema: z.string().min(1), default: 'sub', about: 'the claim that is the userId of the app user; a path such as ext.customer is fine' },
  OIDC_USER_ID_PREFIX:{ schema: z.string().max(64), default: '', about: 'prefix of the userId before that claim; two issuers need different ones' },
  OIDC_ROLES_CLAIM:   { schema: z.string().min(1), about: 'the claim that contains roles: a list, words, or a map' },
  OIDC_ROLES:         { schema: roleMap, default: '', about: 'maps words of that claim to roles: support=agent,support-lead=admin' },
  OIDC_DEFAULT_ROLES: { schema: roles, default: 'user', about: 'the roles of everybody who signs in; none = only people with a word in OIDC_ROLES can sign in' },
  OIDC_APP_CLAIM:     { schema: z.string().min(1), about: 'the claim that names the app, when several are served' },
  OIDC_APP_ID:        { schema: z.string().min(1), about: 'the app of everybody who signs in, when several are served' },
  OIDC_PROVIDERS_FILE:{ schema: z.string(), about: 'YAML file with several providers, instead of the OIDC_ settings' },
  TRUSTED_ISSUERS:    { schema: issuers, default: '', about: 'issuers whose tokens mobile apps may exchange: comma list of issuer and audience, separated by a space' },
  TRUSTED_TOKEN_MAX_AGE_SECONDS: { schema: z.coerce.number().int().min(10).max(86_400), default: '600', about: 'maximum age of a token that is exchanged' },
  SIGNED_OUT_PATH:    { schema: z.string().regex(/^\/(?![/\\])[!-~]*$/, 'must be a path such as /'), default: '/', about: 'where the provider sends people after signing out; register it there' },
  CLEAR_SITE_DATA:    { schema: z.enum(['staff', 'always', 'never']), default: 'staff', about: 'when the browser is told to delete the data of the site at sign-out: on STAFF_ORIGIN only, always (also the data of your own pages), or never' },
  JOURNAL_URL:        { schema: journalUrl, default: 'sqlite:./data/journal.db', secret: true, about: 'the journal of what was done to users: sqlite:PATH (a local disk) or postgres://… (several replicas)' },
  JOURNAL_SIGNING_KEY:{ schema: z.string().min(32), secret: true, about: 'Ed25519 key that signs the journal (PEM, or 32 bytes as base64 or hex); a comma list: the first signs. With SQLite, one is created beside the file' },
  JOURNAL_SEALING_KEY:{ schema: secrets.min(32), secret: true, about: 'comma list of secrets that seal personal data in the journal; the first seals. With SQLite, one is created beside the file' },
  AUDIT_REASONS:      { schema: list, default: 'gdpr_request,customer_request,duplicate,fraud,test,error,other', about: 'codes that the header Audit-Reason may have' },
  AUDIT_TICKET:       { schema: pattern, default: '^[A-Za-z][A-Za-z0-9_]*-[0-9]+$', about: 'pattern of the header Audit-Ticket' },
  AUDIT_REQUIRED_FOR: { schema: list.pipe(z.array(z.enum(['self', 'agent', 'admin', 'service']))), default: '', about: 'callers who must send a reason with guarded operations: admin,agent' },
  AUDIT_REQUIRED:     { schema: list.pipe(z.array(z.enum(['reason', 'ticket'])).min(1)), default: 'reason', about: 'what those callers must send: reason, ticket, or reason,ticket' },
  AUDIT_UPDATE_VALUES:{ schema: flag, default: 'off', about: 'on = keep the values that update_app_user changed, before and after, sealed in the journal for 30 days; each update then needs one more read from the vendor' },
  AUDIT_TICKET_URL:   { schema: z.string().regex(/^https?:\/\/.*\{ticket\}/, 'must be an address with {ticket} in it'), about: 'address of a ticket, which the audit console links to: https://tickets.example.com/{ticket}' },
  ALERT_BURST:        { schema: z.string().regex(/^[1-9]\d{0,4}\/[1-9]\d{0,2}$/, 'must be calls/minutes such as 20/5'), default: '20/5', about: 'alert when one actor makes more guarded calls than the first number within the second number of minutes' },
  ALERT_WEBHOOK_URL:  { schema: url, about: 'address to which alerts are also sent, as CloudEvents (POST)' },
  ALERT_WEBHOOK_SECRET:{ schema: alertSecrets, secret: true, about: 'signs alerts according to Standard Webhooks: whsec_ and base64; a comma list while it is being changed, all of which sign' },
  AUTO_CREATE:        { schema: flag, default: 'on', about: 'create the app user at the first call for "me" that finds none' },
  SELF_PROPERTIES:    { schema: list, default: '', about: 'keys of custom properties that end users may write' },
  SELF_LINK_MESSAGE:  { schema: z.string().min(1).max(1024), about: 'text of the confirmation message when an end user links a channel; absent = the vendor\'s text, and only prompt is allowed' },
  OPERATION_CALLERS:  { schema: z.string(), default: '', about: 'who may call, per operation: delete_app_user=admin+agent,get_link_requests=service; link_app_user.immediate = who may link without confirmation' },
  LIMIT_READS:        { schema: perMinute, default: '120', about: 'reads per actor and minute' },
  LIMIT_WRITES:       { schema: perMinute, default: '30', about: 'writes per actor and minute' },
  LIMIT_GUARDED:      { schema: perMinute, default: '10', about: 'guarded operations per actor and minute' },
  LIMIT_IMAGES:       { schema: perMinute, default: '10', about: 'image uploads per actor and minute' },
  LIMIT_CODES:        { schema: perMinute, default: '5', about: 'auth codes and link requests per actor and minute' },
  LIMIT_LINKS:        { schema: perMinute, default: '2', about: 'links of channels per actor and minute; each may send somebody a message' },
  LIMIT_SERVICE:      { schema: perMinute, default: '1200', about: 'calls of any kind per service session and minute' },
  LIMIT_FAILURES:     { schema: perMinute, default: '10', about: 'failed attempts per address and minute; sign-ins, exchanges, logout tokens, webhooks and service keys are counted separately' },
  LIMIT_SIGN_INS:     { schema: perMinute, default: '600', about: 'sign-ins and exchanges per address and minute' },
  LIMIT_PAGES:        { schema: perMinute, default: '600', about: 'pages of the console and of the documents per address and minute' },
  DRAIN_DELAY_SECONDS:{ schema: z.coerce.number().int().min(0).max(60), default: '3', about: 'how long calls are still served after SIGTERM, while /readyz already fails; longer than your load balancer needs to notice' },
  WORKERS:            { schema: z.coerce.number().int().min(1).max(64), default: '1', about: 'processes that share the ports; more than 1 needs REDIS_URL' },
  LOG_LEVEL:          { schema: z.enum(['debug', 'info', 'warn', 'error', 'silent']), default: 'info', about: 'the least severe lines to write; the line of each request is info' },
} as const satisfies Record<string, Setting>

export type SettingName = keyof typeof settings
