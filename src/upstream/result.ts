/** The answer of the vendor, or its absence, as an answer or a problem with its outcome. */

import { z } from 'zod'
import type { UpstreamApp } from '../../config/apps.ts'
import { type Answer, answers } from '../contract/answers.ts'
import type { Operation } from '../contract/operation.ts'
import { type Meaning, vendorMeaning } from '../contract/operation-problems.ts'
import { Problem, type ProblemCode, problems } from '../contract/problems.ts'
import { Identified } from '../contract/schemas.ts'
import { parseExact } from '../platform/exact-json.ts'
import { holdsCredential, repeatsCredential } from './credentials.ts'
import type { Unanswered } from './sender.ts'

interface VendorWords {
  /** Whether the body has the vendor's shape at all. */
  readonly known: boolean
  readonly code: string | undefined
  readonly description: string | undefined
}

/** A 404 that speaks of the app, or comes from something that is not the API (a wrong host). */
const isAppMissing = ({ known, code, description }: VendorWords): boolean =>
  !known || code === 'app_not_found' || /\bapp not found\b/i.test(description ?? '')

export const isUserMissing = ({ code, description }: Pick<VendorWords, 'code' | 'description'>): boolean =>
  code === 'user_not_found' || /\buser not found\b/i.test(description ?? '')

const meaningOf = (row: Operation, status: number, words: VendorWords): Meaning => {
  const ours = vendorMeaning(row, status)
  if (status !== 404 || ours[0] === 'upstream_misconfigured') return ours
  if (isAppMissing(words)) return ['upstream_misconfigured']
  return ours[0] !== 'user_not_found' && isUserMissing(words) ? ['user_not_found'] : ours
}

/** The vendor's code is passed on with its words. One that means something else here, such as
 * `not_found`, is not, and then its words are not either. */
const refusal = (row: Operation, status: number, words: VendorWords): Problem => {
  const [code, detail] = meaningOf(row, status, words)
  const told = { outcome: 'failure', cause: `upstream answered ${status}`, ...(detail !== undefined && { detail }) } as const
  const misleads = words.code !== undefined && words.code !== code && Object.hasOwn(problems, words.code)
  if (code.startsWith('upstream_') || misleads) return new Problem(code, told)
  return new Problem(code, { ...told, vendorCode: words.code, vendorDescription: words.description })
}

/** An answer that arrived in full; `text` is absent when it was too long or not text. */
interface UpstreamReply {
  readonly status: number
  readonly text: string | undefined
  readonly retryAfter: number | undefined
  readonly requestId: string | undefined
}

/** No answer, or one that is not HTTP. */
type Silence = Pick<Unanswered, 'none' | 'sent' | 'cause'>

export type Reply = UpstreamReply | Silence

/** All but the text; the status is 0 without an answer. */
export const metaOf = (reply: Reply): Pick<UpstreamReply, 'status'> & Partial<Pick<UpstreamReply, 'retryAfter' | 'requestId'>> =>
  'none' in reply ? { status: 0 } : reply

const VendorError = z.looseObject({ error: z.looseObject({ code: z.unknown(), description: z.unknown() }) })

const parse = (text: string | undefined): unknown => {
  try {
    return parseExact(text ?? '')
  } catch {
    return undefined
  }
}

/** Characters of a description that are passed on, and those searched for a secret before that. */
const maxShown = 300
const maxSearched = 2_000

const wordsOf = (text: string | undefined, app: UpstreamApp): VendorWords => {
  const { data } = VendorError.safeParse(parse(text))
  const { code, description } = data?.error ?? {}
  const clean = typeof description === 'string' ? description.replaceAll(/\p{C}/gu, '').slice(0, maxSearched) : ''
  return {
    known: data !== undefined,
    // A key id looks like a code, too.
    code: typeof code === 'string' && /^[a-z][a-z0-9_]{1,40}$/.test(code) && !holdsCredential(app, code) ? code : undefined,
    description: clean && !holdsCredential(app, clean) ? clean.slice(0, maxShown) : undefined,
  }
}

/** A 4xx: the vendor refused, so nothing has changed. */
const refused = ({ status, text, retryAfter }: UpstreamReply, row: Operation, app: UpstreamApp): Problem => {
  if (status !== 429) return refusal(row, status, wordsOf(text, app))
  // No Retry-After for a guarded call: it makes some clients send a DELETE again.
  const wait = row.effect === 'guarded' ? undefined : (retryAfter ?? 1)
  const headers = wait && { headers: { 'Retry-After': String(wait) } }
  return new Problem('upstream_busy', { outcome: 'failure', cause: `upstream answered ${status}`, ...headers })
}

/** A change that was sent and not refused may have been made: `unknown` to caller and journal. */
const unclear = ({ effect }: Operation, otherwise: ProblemCode, cause: unknown, unanswered = {}): Problem =>
  new Problem(effect === 'write' || effect === 'guarded' ? 'upstream_unknown' : otherwise, { outcome: 'unknown', cause, ...unanswered })

const silence = ({ none, sent, cause }: Silence, row: Operation): Problem => {
  const unanswered = none === 'dropped' ? {} : ({ unanswered: true } as const)
  if (sent) return unclear(row, none === 'malformed' ? 'upstream_error' : 'upstream_timeout', cause, unanswered)
  return new Problem(none === 'timeout' || none === 'dropped' ? 'upstream_timeout' : 'upstream_error', {
    outcome: 'not_sent',
    cause,
    ...unanswered,
  })
}

/** Names of fields alone: no indexes, no values. */
const pathOf = ({ path }: z.core.$ZodIssue): string =>
  path.map((name) => (typeof name === 'number' ? '[]' : String(name))).join('.') || 'body'

interface Accepted {
  readonly body: object
  /** Where it is not as the vendor describes it; it is passed on all the same. */
  readonly odd: readonly string[]
}

/** Levels of an answer; beyond some thousands it could not be written again. */
const maxDepth = 100

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' && value !== null && (levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1)))

const anything = z.looseObject({})
const essential: Partial<Record<Answer, z.ZodType>> = { AppUserResponse: Identified, Empty: anything.nullable() }

/** A 2xx is held to what we go by, or named by the path that we cannot; `{}` where the vendor says
 * nothing. One that repeats our credential is nobody's to see: it opens the whole app. */
const accept = (text: string | undefined, { returns }: Operation, app: UpstreamApp): Accepted | { readonly misfit: string } => {
  if (text !== undefined && repeatsCredential(app, text)) return { misfit: 'the credential that it repeats' }
  const value = returns === 'Empty' && text === '' ? null : parse(text)
  const oddities = answers[returns].safeParse(value).error?.issues ?? []
  const missing = oddities.length > 0 && (essential[returns] ?? anything).safeParse(value).error
  if (missing) return { misfit: pathOf(missing.issues[0]!) }
  if (returns === 'Empty') return { body: {}, odd: [] }
  if (isDeeper(value, maxDepth)) return { misfit: `more than ${maxDepth} levels` }
  return { body: value as object, odd: oddities.map(pathOf) }
}

export const toResult = (reply: Reply, row: Operation, app: UpstreamApp): Accepted | Problem => {
  if ('none' in reply) return silence(reply, row)
  const { status, text } = reply
  if (status >= 400 && status < 500) return refused(reply, row, app)
  const answer = status >= 200 && status < 300 ? accept(text, row, app) : { misfit: 'status' }
  // A redirect, a 5xx, or a 2xx that cannot be read: it may have taken effect.
  return 'misfit' in answer
    ? unclear(row, 'upstream_error', `upstream answered ${status} that is no ${row.returns} at ${answer.misfit}`)
    : answer
}
