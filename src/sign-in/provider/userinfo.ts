/** Userinfo (OpenID Connect Core, section 5.4): claims are there unless a client asks for them in
 * the token. */
import * as openid from 'openid-client'
import { parseExact } from '../../platform/exact-json.ts'
import type { Claims } from '../claims.ts'
import { isForNow, ProviderFault } from './faults.ts'

/** Claims about the token and the sign-in, which count in a signed token only. */
const ofTheToken = new Set(['iss', 'aud', 'exp', 'iat', 'nbf', 'jti', 'auth_time', 'nonce', 'acr', 'amr', 'azp', 'sid', 'events'])

/** Empty without a userinfo endpoint. Numbers stay as written, as in `claimsOf`. */
export const fetchUserinfo = async (config: openid.Configuration, accessToken: string, sub: string): Promise<Claims> => {
  const { userinfo_endpoint: place } = config.serverMetadata()
  if (place === undefined) return {}
  const answer = await openid.fetchProtectedResource(
    config,
    accessToken,
    new URL(place),
    'GET',
    null,
    new Headers({ accept: 'application/json' }),
  )
  if (answer.status !== 200) throw new ProviderFault(isForNow(answer.status) ? 'provider' : 'operator', `userinfo answers ${answer.status}`)
  if (answer.headers.get('content-type')?.includes('jwt'))
    throw new ProviderFault('operator', 'userinfo is a JWT; let the provider send this client plain JSON')
  const claims = read(await answer.text())
  if (claims['sub'] !== sub) throw new ProviderFault('operator', 'userinfo has another sub than the ID token')
  return Object.fromEntries(Object.entries(claims).filter(([name]) => !ofTheToken.has(name)))
}

const read = (text: string): Claims => {
  try {
    const claims = parseExact(text)
    if (typeof claims === 'object' && claims !== null) return claims as Claims
  } catch {}
  throw new ProviderFault('operator', 'userinfo is not a JSON object')
}
