/** Sign-in without a browser: an issuer's token exchanged (RFC 8693), and sessions renewed. */
import type { Request } from 'express'
import { faultIn } from '../contract/field-faults.ts'
import { Problem } from '../contract/problems.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import { addLogFields } from '../http/access-log.ts'
import { anyone, handlers } from '../http/endpoint-handler.ts'
import { type Attempt, limitCalls } from '../http/rate-limit.ts'
import type { Origins } from '../http/request/origins.ts'
import { setCookie } from '../session/credentials/headers.ts'
import { lifetimeOf } from '../session/lifetimes.ts'
import type { People } from '../session/people.ts'
import type { ProviderSessions } from '../session/provider-sessions.ts'
import type { RefreshFamilies, Tokens } from '../session/refresh.ts'
import type { ResolveUser } from '../session/resolve-user.ts'
import { currentRoles, isStaffRole } from '../session/roles.ts'
import type { Sessions } from '../session/sessions.ts'
import { forStaffOrigin, personOf } from './claims.ts'
import { deviceOf } from './device-label.ts'
import { exchangeEndpoints, tokenType } from './endpoints.ts'
import type { IssuerTokens, Trusted } from './issuer-tokens.ts'
import type { MissingClaims } from './missing-claims.ts'
import type { ReplayGuard } from './replay.ts'
import { TokenFault } from './token-rules.ts'
import { isOurNonce } from './transaction.ts'

interface ExchangeParts {
  readonly sessions: Sessions
  readonly people: People
  readonly replay: ReplayGuard
  readonly providerSessions: ProviderSessions
  readonly families: RefreshFamilies
  readonly peppers: KeyRing
  readonly tokens: IssuerTokens
  readonly resolveUser: ResolveUser
  readonly missingClaims: MissingClaims
  readonly origins: Origins
  readonly prefixes: readonly string[]
  readonly attempt: Attempt
}

/** The token response of RFC 6749, section 5.1, and RFC 8693. */
const answer = (made: Tokens) => {
  const secondsTo = (ms: number) => Math.max(0, Math.floor((ms - made.nowMs) / 1000))
  return {
    access_token: made.accessToken,
    issued_token_type: tokenType('access_token'),
    token_type: 'Bearer',
    expires_in: secondsTo(made.accessExpiresMs),
    refresh_token: made.refreshToken,
    refresh_expires_in: secondsTo(made.refreshExpiresMs),
    sessionId: made.sessionId,
  }
}

/** What is wrong with a person stands in the token, not in a field of the form. */
const inToken = (error: unknown): never => {
  throw error instanceof Problem && error.code === 'bad_request'
    ? error.with({ errors: [{ pointer: '#/subject_token', detail: error.message }] })
    : error
}

const refused = (why: string): Problem => new Problem('invalid_grant', { cause: new TokenFault(why) })

export const createExchange = (parts: ExchangeParts) => {
  const { sessions, people, replay, providerSessions, families, tokens, resolveUser, origins, attempt } = parts

  /** Tokens from before the person's sessions were ended are refused, also if that is meanwhile. */
  const begin = async (req: Request, { provider, payload, issuedAt, issuedMs }: Trusted): Promise<Tokens> => {
    parts.missingClaims.ofSettings(provider, payload, 'in the token that was exchanged')
    const person = forStaffOrigin(personOf(provider.claims, parts.prefixes, payload), origins.isStaff(req.headers.host))
    if (person.authTime === 0 && person.roles.some(isStaffRole)) parts.missingClaims.authTime(provider)
    const authTime = Math.min(person.authTime ?? 0, Math.floor((await sessions.now()) / 1000))
    const assertion = { ...person, authTime, kind: 'bearer', scope: 'app' } as const
    const { record } = await resolveUser(assertion, `exchange:${provider.id}`, { saidMs: issuedMs }).catch(inToken)
    const sid = typeof payload['sid'] === 'string' ? payload['sid'] : undefined
    const from = { id: provider.id, issuer: payload.iss, sub: payload.sub, sid, provedAt: issuedAt, absentRoles: person.absentRoles }
    const ended = async () => (await providerSessions.ended(from)) || (await people.endedSince(record, issuedMs))
    if (await ended()) throw refused('the sessions of the person were ended since it was issued')
    const made = await families.begin({ ...record, provider: from, device: deviceOf(req.headers['user-agent']) })
    if (await ended()) {
      await people.endOne(record, made.sessionId)
      throw refused('the sessions of the person were ended meanwhile')
    }
    return made
  }

  return handlers(exchangeEndpoints, anyone, {
    exchange_token: async ({ body: { subject_token: text }, req, res }) => {
      await tokens.fetchKeys(text)
      await attempt(req, res, () => tokens.requireSignature(text, 'invalid_grant'))
      const token = await tokens.subject(text)
      if (isOurNonce(parts.peppers, token.payload['nonce'])) throw refused('it is of a sign-in with a browser, which has been used')
      const release = await replay.once('exchange', token.digest, token.rememberMs)
      if (!release) throw refused('it was exchanged before')
      const made = await begin(req, token).catch((error) => release().then(() => Promise.reject(error)))
      await replay.remember('exchange', token.digest, token.rememberMs)
      addLogFields(res, { session: made.sessionId, provider: token.provider.id })
      return answer(made)
    },

    /** By refresh token for mobile apps; by cookie for pages, which get one with present roles. */
    refresh_session: async ({ body, req, res }) => {
      if (body) return answer(await families.refresh(body.refresh_token, (tag) => sessions.count(tag, 'writes', limitCalls(req, res))))
      const { session } = await sessions.require(req, { limit: 'writes', decide: limitCalls(req, res) })
      if (session.kind !== 'cookie') throw faultIn('body', ['refresh_token'], 'is required.')
      const { record, rolesMark } = session
      const changed = { ...record, roles: currentRoles(session, rolesMark), rolesVersion: rolesMark?.version ?? record.rolesVersion }
      const created = await sessions.rotate(session, changed, lifetimeOf('cookie', changed.roles).lifetime)
      if (!created) throw new Problem('unauthorized')
      addLogFields(res, { actor: session.place.tag, session: session.sid })
      res.setHeader('Set-Cookie', setCookie(created.token, origins.cookies))
      return { sessionId: created.sessionId, expiresAt: created.expiresAt }
    },
  })
}
