/** Log lines for claims that settings need and a provider does not send: one each, and a remedy. */
import type { Provider } from '../../config/providers.ts'
import type { Log } from '../platform/log/logger.ts'
import { absentClaims, type Claims } from './claims.ts'

const remedies = {
  absent:
    'let the provider send it (a scope in OIDC_SCOPE, a mapper for this client), or correct the setting that names it; people without roles may lack it rightly',
  elsewhere:
    'the provider sends a place to fetch it from (_claim_names), as Entra does with more than 200 groups: use app roles, or only groups assigned to the application',
  authTime:
    'staff cannot do what needs a fresh sign-in: let the provider send auth_time in the ID token (Entra: an optional claim), or set OIDC_AUTH_TIME=iat for one that is known to ask anew at prompt=login',
}

export const createMissingClaims = (log: Pick<Log, 'warn'>) => {
  const told = new Set<string>()
  const once = (provider: string, claim: string, where: string, remedy: string): void => {
    const key = `${provider} ${claim} ${where}`
    if (told.has(key)) return
    told.add(key)
    log.warn({ provider, claim, where, remedy }, 'a claim is missing')
  }
  return {
    /** Missing claims that a setting names. */
    ofSettings: ({ id, claims: rules }: Provider, claims: Claims, place: string): void => {
      for (const { name, elsewhere } of absentClaims(rules, claims))
        once(id, name, `not ${place}`, elsewhere ? remedies.elsewhere : remedies.absent)
    },
    /** Of a member of staff. */
    authTime: ({ id, authTime }: Provider): void => {
      if (authTime !== 'iat') once(id, 'auth_time', 'not in the ID token', remedies.authTime)
    },
  }
}

export type MissingClaims = ReturnType<typeof createMissingClaims>
