/** The identity provider: whether it can be found, takes us for its client and sends people back,
 * and says when they signed in. */
import { randomBytes } from 'node:crypto'
import type { Settings } from '../../config/load.ts'
import type { Provider, ProviderClient } from '../../config/providers.ts'
import { Problem } from '../contract/problems.ts'
import { loggable } from '../platform/log/logger.ts'
import { createDiscovery } from '../sign-in/provider/discovery.ts'
import { createRelyingParty, type RelyingParty } from '../sign-in/provider/openid.ts'
import { judge, type Report } from '../sign-in/provider/problems.ts'
import { fetchOnce } from '../upstream/http-client.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok, warn } from './finding.ts'

export const checkProviders = async ({ providers, settings, apps }: Configuration): Promise<Finding[]> => {
  const origin = settings.PUBLIC_ORIGIN?.[0] ?? apps[0]?.origins[0]
  return (await Promise.all(providers.map((provider) => lookAt(provider, settings, origin)))).flat()
}

const lookAt = async (provider: Provider, settings: Settings, origin: string | undefined): Promise<Finding[]> => {
  const { issuer, client, claims } = provider
  const discovery = createDiscovery(provider)
  try {
    const metadata = (await discovery()).serverMetadata()
    const findings = [ok(`${issuer} is found, and says where its keys and pages are`)]
    if (!client) return findings
    const party = createRelyingParty(provider, client, discovery, unreported)
    const back = `${origin ?? 'http://localhost'}${settings.BASE_PATH}/auth/callback`
    findings.push(await trade(party, client, metadata.issuer, back))
    if (origin !== undefined) findings.push(await ask(party, client, back))
    const staff = [...Object.values(claims.roleMap), ...claims.defaultRoles].some((role) => role !== 'user')
    const { claims_supported: known } = metadata
    if (staff && known && !known.includes('auth_time'))
      findings.push(
        warn(
          `${issuer} does not name auth_time among its claims: without it staff cannot confirm what destroys`,
          'turn it on for this client; see docs/sign-in.md',
        ),
      )
    return findings
  } catch (error) {
    const { said, remedy } = await judge(causeOf(error))
    return [fault(`${issuer} cannot be used: ${loggable(said)}`, remedy || 'check the issuer, letter by letter, and the way there')]
  }
}

/** A check is no sign-in: nothing is counted, and no alarm raised. */
const unreported: Report = (_, error) => Promise.resolve(new Problem('sign_in_failed', { cause: error }))
const causeOf = (error: unknown): unknown => (error instanceof Problem ? error.particulars.cause : error)

const random = (): string => randomBytes(32).toString('base64url')
const newTransaction = () => ({
  state: random(),
  nonce: random(),
  verifier: random(),
  provider: 'check',
  origin: '',
  returnTo: '/',
  startedMs: Date.now(),
  logouts: 0,
  stepUp: false,
})

/** A code that nobody gave: who is told that it is invalid has proved which client it is. */
const trade = async (party: RelyingParty, { id }: ProviderClient, issuer: string, back: string): Promise<Finding> => {
  const transaction = newTransaction()
  const callback = new URL(`${back}?${new URLSearchParams({ code: 'smooch-bff-check', state: transaction.state, iss: issuer })}`)
  const refusal = await party.finish(transaction, callback).then(() => undefined, causeOf)
  const { fault: whose, code, said, remedy } = await judge(refusal)
  if (code === 'invalid_grant') return ok(`${issuer} takes us for the client ${id}`)
  if (whose === 'operator' && remedy) return fault(`${issuer} refuses the client ${id}: ${loggable(said)}`, remedy)
  return warn(`whether ${issuer} takes us for the client ${id} cannot be told: ${loggable(said)}`, 'try a sign-in')
}

const asExpected = ['login_required', 'interaction_required', 'consent_required', 'account_selection_required']

/** A sign-in without a person: a provider that knows the address sends a refusal back. */
const ask = async (party: RelyingParty, client: ProviderClient, back: string): Promise<Finding> => {
  const url = await party.begin(newTransaction(), back)
  url.searchParams.set('prompt', 'none')
  const { status, headers } = await fetchOnce(url, { headers: { accept: 'text/html' }, signal: AbortSignal.timeout(5_000) })
  const location = URL.parse(headers.get('location') ?? '', url)
  const isBack = location !== null && `${location.origin}${location.pathname}` === back
  const error = location?.searchParams.get('error') ?? ''
  if (isBack && (asExpected.includes(error) || location.searchParams.has('code'))) return ok(`it sends people back to ${back}`)
  if (isBack)
    return fault(
      `it refuses a sign-in with the scope "${client.scope}": ${loggable(error)}`,
      'check OIDC_SCOPE and what this client may ask for',
    )
  if (status >= 400) return fault(`it refuses to send people back to ${back} (${status})`, 'register this address for the client')
  return warn(`whether it sends people back to ${back} cannot be told (${status})`, 'try a sign-in')
}
