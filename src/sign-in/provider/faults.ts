/** TABLES: whose fault a failed sign-in is and what to do, by the error of library or provider. */
/** `person`: begin again; `provider`: unavailable for now; `operator`: settings are wrong. */
export type Fault = 'person' | 'provider' | 'operator'

export type Row = readonly [fault: Fault, remedy: string]

const begin = ''
const wait = ''
const client = 'check OIDC_CLIENT_ID, OIDC_CLIENT_AUTH and the secret or key, here and at the provider'
const request = 'check the redirect address at the provider; where it wants pushed requests, set OIDC_PAR=on'
const issuer = 'check OIDC_ISSUER: it must be what the provider calls itself'
const metadata = 'look at the discovery document of the provider'
const keys = 'check OIDC_ID_TOKEN_ALG against what the provider signs with, and its key set'
const clocks = 'compare the clocks of this machine and of the provider'

/** By `error` (RFC 6749, RFC 9126, OpenID Connect Core); others go to the person and the log. */
// biome-ignore format: a table is read down its columns
export const byError: Readonly<Record<string, Row>> = {
  access_denied:             ['person', begin],
  login_required:            ['person', begin],
  interaction_required:      ['person', begin],
  consent_required:          ['person', begin],
  account_selection_required:['person', begin],
  invalid_grant:             ['person', begin],
  temporarily_unavailable:   ['provider', wait],
  server_error:              ['provider', wait],
  slow_down:                 ['provider', wait],
  invalid_client:            ['operator', client],
  unauthorized_client:       ['operator', 'allow this client the authorization code flow at the provider'],
  invalid_scope:             ['operator', 'check OIDC_SCOPE'],
  invalid_request:           ['operator', request],
  invalid_request_uri:       ['operator', request],
  invalid_request_object:    ['operator', request],
  request_not_supported:     ['operator', request],
  request_uri_not_supported: ['operator', request],
  registration_not_supported:['operator', request],
  unsupported_response_type: ['operator', 'allow this client the response type code at the provider'],
  unsupported_grant_type:    ['operator', 'allow this client the grant authorization_code at the provider'],
  invalid_target:            ['operator', request],
  invalid_dpop_proof:        ['operator', 'let the provider issue bearer tokens to this client'],
  use_dpop_nonce:            ['operator', 'let the provider issue bearer tokens to this client'],
  invalid_token:             ['operator', 'check that the provider lets this client ask userinfo'],
  insufficient_scope:        ['operator', 'check OIDC_SCOPE'],
}

/** By the code of openid-client's errors. */
// biome-ignore format: a table is read down its columns
export const byCode: Readonly<Record<string, Row>> = {
  OAUTH_TIMEOUT:                          ['provider', wait],
  OAUTH_ABORT:                            ['provider', wait],
  OAUTH_WWW_AUTHENTICATE_CHALLENGE:       ['operator', client],
  OAUTH_RESPONSE_IS_NOT_CONFORM:          ['operator', metadata],
  OAUTH_RESPONSE_IS_NOT_JSON:             ['operator', issuer],
  OAUTH_PARSE_ERROR:                      ['operator', metadata],
  OAUTH_INVALID_RESPONSE:                 ['operator', keys],
  OAUTH_INVALID_REQUEST:                  ['operator', request],
  OAUTH_JWT_CLAIM_COMPARISON_FAILED:      ['operator', issuer],
  OAUTH_JWT_TIMESTAMP_CHECK_FAILED:       ['operator', clocks],
  OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED: ['operator', issuer],
  OAUTH_KEY_SELECTION_FAILED:             ['operator', keys],
  OAUTH_MISSING_SERVER_METADATA:          ['operator', metadata],
  OAUTH_INVALID_SERVER_METADATA:          ['operator', metadata],
  OAUTH_HTTP_REQUEST_FORBIDDEN:           ['operator', metadata],
  OAUTH_REQUEST_PROTOCOL_FORBIDDEN:       ['operator', metadata],
  OAUTH_UNSUPPORTED_OPERATION:            ['operator', keys],
  OAUTH_DECRYPTION_FAILED:                ['operator', 'let the provider sign its tokens for this client without encrypting them'],
  OAUTH_JWT_USERINFO_EXPECTED:            ['operator', 'let the provider send userinfo as plain JSON'],
}

/** By the code of a failed connection; all others are the provider's. */
// biome-ignore format: a table is read down its columns
export const byNetwork: Readonly<Record<string, Row>> = {
  ENOTFOUND:                       ['operator', 'check OIDC_ISSUER: its host does not exist'],
  ERR_TLS_CERT_ALTNAME_INVALID:    ['operator', 'check OIDC_ISSUER: the certificate is of another host'],
  CERT_HAS_EXPIRED:                ['operator', 'the certificate of the provider has expired'],
  DEPTH_ZERO_SELF_SIGNED_CERT:     ['operator', 'make its certificate known by NODE_EXTRA_CA_CERTS'],
  SELF_SIGNED_CERT_IN_CHAIN:       ['operator', 'make its certificate known by NODE_EXTRA_CA_CERTS'],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['operator', 'make its certificate known by NODE_EXTRA_CA_CERTS'],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['operator', 'make its certificate known by NODE_EXTRA_CA_CERTS'],
}

/** A row by a name from outside, which may be `constructor`. */
export const rowOf = (table: Readonly<Record<string, Row>>, name: string): Row | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** A temporary status. */
export const isForNow = (status: number): boolean => status >= 500 || status === 429

/** A failed check of this service. */
export class ProviderFault extends Error {
  readonly fault: Fault
  /** For the person, in place of the table's sentence. */
  readonly detail: string | undefined

  constructor(fault: Fault, message: string, detail?: string, cause?: unknown) {
    super(message, { cause })
    this.fault = fault
    this.detail = detail
  }
}
