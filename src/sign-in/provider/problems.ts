/** The problem for a failure at the provider, and an alarm where operators are at fault. */
import * as openid from 'openid-client'
import { Problem, type ProblemCode } from '../../contract/problems.ts'
import type { Alarm } from '../../platform/alarms.ts'
import { loggable } from '../../platform/log/logger.ts'
import { TokenFault } from '../token-rules.ts'
import { byCode, byError, byNetwork, type Fault, isForNow, ProviderFault, type Row, rowOf } from './faults.ts'

interface Verdict {
  readonly fault: Fault
  /** A code of the tables, so there are few. */
  readonly code: string
  /** For operators. */
  readonly said: string
  readonly remedy?: string
  /** For the person. */
  readonly detail?: string | undefined
}

const causesOf = (error: unknown): unknown[] =>
  error instanceof Error && error.cause !== undefined && error.cause !== error ? [error, ...causesOf(error.cause)] : [error]

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

const verdict = (code: string, said: string, [fault, remedy]: Row): Verdict => ({ fault, code, said, remedy })

/** The verdict for the provider's `error`. */
const ofProvider = (error: string, description: unknown): Verdict => {
  const said = typeof description === 'string' ? `${error}: ${description}` : error
  const known = rowOf(byError, error)
  return {
    ...verdict(known ? error : 'other', said, known ?? ['person', '']),
    ...(error === 'access_denied' && { detail: 'The sign-in was cancelled.' }),
  }
}

/** The verdict for a refused client, by the `error` in body (RFC 6749) or challenge. */
const ofChallenge = async ({ response, cause }: openid.WWWAuthenticateChallengeError): Promise<Verdict> => {
  const body = (await response.json().catch(() => null)) as { error?: unknown; error_description?: unknown } | null
  const { error, error_description } = typeof body?.error === 'string' ? body : (cause[0]?.parameters ?? {})
  if (typeof error === 'string') return ofProvider(error, error_description)
  return verdict('OAUTH_WWW_AUTHENTICATE_CHALLENGE', `the provider answers ${response.status}`, byCode['OAUTH_WWW_AUTHENTICATE_CHALLENGE']!)
}

/** The verdict for a failed check of openid-client. After a forged answer: begin again. */
const ofCheck = (error: openid.ClientError): Verdict => {
  const inner = error.cause instanceof Error ? error.cause : undefined
  const facts = (inner?.cause ?? error.cause ?? {}) as { parameters?: unknown; claim?: unknown; status?: unknown }
  const said = inner?.message ?? error.message
  const ofCallback = facts.parameters !== undefined || /provided only once|no authorization code/.test(said) || facts.claim === 'nonce'
  if (ofCallback) return verdict('callback', said, ['person', ''])
  if (typeof facts.status === 'number') {
    const [, remedy] = byCode['OAUTH_RESPONSE_IS_NOT_CONFORM']!
    return verdict(error.code ?? '', `${said}: ${facts.status}`, [isForNow(facts.status) ? 'provider' : 'operator', remedy])
  }
  return verdict(error.code ?? '', said, rowOf(byCode, error.code ?? '') ?? ['provider', ''])
}

/** The verdict: whose fault it is, and what to do. */
export const judge = async (error: unknown): Promise<Verdict> => {
  const causes = causesOf(error)
  const own = causes.find((it) => it instanceof ProviderFault)
  if (own) return { fault: own.fault, code: 'check', said: own.message, detail: own.detail }
  if (error instanceof TokenFault) return verdict('token', error.message, ['operator', ''])
  if (error instanceof openid.ResponseBodyError || error instanceof openid.AuthorizationResponseError)
    return ofProvider(error.error, error.error_description)
  if (error instanceof openid.WWWAuthenticateChallengeError) return await ofChallenge(error)
  const network = causes.map(codeOf).find((code) => Object.hasOwn(byNetwork, code))
  if (network) return verdict(network, (causes.at(-1) as Error).message, byNetwork[network]!)
  if (error instanceof openid.ClientError && error.code !== undefined) return ofCheck(error)
  const root = causes.at(-1)
  return verdict('network', root instanceof Error ? root.message : String(root), ['provider', ''])
}

const codes = {
  person: 'sign_in_failed',
  provider: 'identity_provider_unavailable',
  operator: 'identity_provider_misconfigured',
} as const satisfies Record<Fault, ProblemCode>

/** Pause between equal alarms, since anybody can come back from a provider with an error. */
const quietMs = 60_000

export type Report = (provider: string, error: unknown) => Promise<Problem>

export const createReport = (alarm: Alarm): Report => {
  const last = new Map<string, number>()
  return async (provider, error) => {
    if (error instanceof Problem) return error
    const { fault, code, said, remedy, detail } = await judge(error)
    const cause = new Error(loggable(said), { cause: error })
    const key = `${provider} ${code}`
    if (fault === 'operator' && performance.now() - (last.get(key) ?? -quietMs) >= quietMs) {
      last.set(key, performance.now())
      alarm('identity_provider_misconfigured', { provider, cause: { message: loggable(said) }, ...(remedy && { remedy }) })
    }
    return new Problem(codes[fault], {
      cause,
      ...(detail !== undefined && { detail }),
      ...(fault === 'provider' && { headers: { 'Retry-After': '5' } }),
    })
  }
}
