/** TABLE: every failure with its code, status and sentence. The cause goes to the log only. */

// biome-ignore format: a table is read down its columns
export const problems = {
  bad_request:                 [400, 'The request is malformed.'],
  invalid_id:                  [400, 'The id in the path cannot be a user id: 1 to 256 visible characters, in composed form (NFC), none of / \\ % ? # ;'],
  invalid_path:                [400, 'The path holds something that no path of this API needs, such as a dot segment or an encoded slash.'],
  ambiguous_credentials:       [400, 'Send either the session cookie or a bearer token, not both.'],
  same_person:                 [400, 'Both ids name the same person; there is nothing to merge.'],
  reason_required:             [400, 'Say why: this call needs the header Audit-Reason, or Audit-Ticket, as the detail says.'],
  sign_in_expired:             [400, 'This sign-in was begun too long ago, or in another browser. Begin again.'],
  sign_in_finished:            [400, 'This sign-in is finished already, and is not done twice. Go on, or sign in again.'],
  invalid_logout_token:        [400, 'The logout token is not valid.'],
  unauthorized:                [401, 'A valid session is required: sign in, or send a bearer token.'],
  sign_in_failed:              [401, 'Signing in did not work. Begin again.'],
  invalid_grant:               [401, 'The token cannot be exchanged: sign in again.'],
  invalid_service_key:         [401, 'A valid service key is required as bearer token.'],
  invalid_webhook_secret:      [401, 'A webhook needs the secret of its registration in X-API-Key.'],
  step_up_required:            [401, 'This needs a sign-in not older than 15 minutes: sign in again, then repeat the call.'],
  payment_required:            [402, 'The plan of the messaging account does not allow this.'],
  forbidden:                   [403, 'Your role does not allow this operation.'],
  sign_in_forbidden:           [403, 'You have signed in, but no role of yours opens anything here. Ask an administrator for access.'],
  field_not_allowed:           [403, 'Your role may not write this field.'],
  role_mismatch:               [403, 'The form field role must be appUser for your own user and appMaker for staff.'],
  csrf:                        [403, 'A call with the session cookie must be same-origin and carry the header X-BFF-CSRF: 1.'],
  not_found:                   [404, 'There is nothing at this path.'],
  user_not_found:              [404, 'There is no such user.'],
  channel_not_linked:          [404, 'The user has no such channel linked.'],
  integration_not_found:       [404, 'There is no such integration, or none of this type.'],
  no_app_user:                 [404, 'This session has no app user, so "me" means nobody. Name the user in the path.'],
  app_user_not_created:        [404, 'Your app user does not exist yet, and this service does not create it by itself.'],
  operation_not_found:         [404, 'The journal knows no such operation or event.'],
  session_not_found:           [404, 'There is no such session.'],
  method_not_allowed:          [405, 'This path does not support this method; the header Allow lists those that it supports.'],
  timeout:                     [408, 'The request body took too long to arrive.'],
  conflict:                    [409, 'The request conflicts with the present state; read it again, then decide.'],
  another_user:                [409, 'The messaging service answers this id with a user of another name, so nothing was sent. Read the user under this id; if that is whom you mean, repeat the call with the _id in the answer.'],
  operation_not_open:          [409, 'This operation is settled; there is nothing to resolve.'],
  operation_pending:           [409, 'This request was made before, with this Idempotency-Key or by you a moment ago, and is still running.'],
  operation_settled:           [409, 'The first request with this Idempotency-Key is over, and its answer is no longer kept; read the user to see how it stands.'],
  precondition_failed:         [412, 'Nothing here has a version, so a change cannot depend on one, and this one was not made. Send it without If-Match and If-None-Match.'],
  too_large:                   [413, 'The body is too large: 100 KB for JSON, 10 MB for an image.'],
  target_too_long:             [414, 'The path and query are too long.'],
  unsupported_media_type:      [415, 'The content type is not supported here.'],
  expectation_failed:          [417, 'The only expectation understood is 100-continue.'],
  misdirected:                 [421, 'This host name is not one that this service answers to. The origin of your pages must stand in PUBLIC_ORIGIN, port included, and a proxy must pass the Host header on as it came.'],
  idempotency_key_reused:      [422, 'This Idempotency-Key was used before with another request, or in another role.'],
  locked:                      [423, 'The conversation is full.'],
  too_many_requests:           [429, 'Too many requests; wait as long as Retry-After says.'],
  headers_too_large:           [431, 'The header block is too large.'],
  internal:                    [500, 'Something went wrong on our side; the request id helps to find it.'],
  upstream_error:              [502, 'The messaging service failed to answer properly.'],
  upstream_credentials:        [502, 'The messaging service refused our credentials; operators have been told.'],
  upstream_misconfigured:      [502, 'The messaging service does not know this app; operators have been told.'],
  identity_provider_misconfigured: [502, 'Signing in is misconfigured, here or at the identity provider; operators have been told.'],
  session_store_unavailable:   [503, 'Sessions cannot be read for a moment; you are still signed in. Try again shortly.'],
  identity_provider_unavailable: [503, 'The identity provider does not answer. Sessions that exist go on; try again shortly.'],
  journal_unavailable:         [503, 'The call cannot be recorded for a moment, so nothing was sent. Try again shortly.'],
  journal_busy:                [503, 'Too many searches and exports of the journal are running. Wait as long as Retry-After says, then try again. Guarded calls are not affected.'],
  journal_unreadable:          [503, 'The journal cannot be read for a moment. Wait as long as Retry-After says, then try again.'],
  webhook_not_ready:           [503, 'The secret of this webhook is not set yet. Deliver it again later.'],
  upstream_busy:               [503, 'The messaging service is busy. Try again shortly.'],
  upstream_unavailable:        [503, 'The messaging service has not answered for a moment, so nothing was sent. Wait as long as Retry-After says, then try again.'],
  subjects_unresolved:         [503, 'The users named could not be checked, so nothing was sent.'],
  overloaded:                  [503, 'The service is overloaded and has done nothing with this request. Wait as long as Retry-After says, then try again.'],
  upstream_timeout:            [504, 'The messaging service did not answer in time.'],
  upstream_unknown:            [504, 'The messaging service gave no clear answer: the call may or may not have taken effect. Read the user before you try again.'],
  operation_unknown:           [504, 'This request was made before, with this Idempotency-Key or by you a moment ago, and nobody knows whether it took effect; it is not sent again. Read the user before you try anew.'],
} as const satisfies Record<string, readonly [status: number, sentence: string]>

export type ProblemCode = keyof typeof problems

/** The outcome of a failed call to the upstream: refused by it, unknown, or never sent. */
type FailedOutcome = 'failure' | 'unknown' | 'not_sent'

/** A field at fault, as RFC 9457 shows it. */
export interface FieldFault {
  /** Absent: the body. */
  readonly in?: 'query' | 'path' | 'header'
  readonly pointer: string
  readonly detail: string
}

export interface Particulars {
  /** A sentence in place of the table's. Without secrets, ids of others, or names of hosts. */
  detail?: string
  /** Every field at fault. */
  errors?: readonly FieldFault[]
  /** For the log only. */
  cause?: unknown
  headers?: Record<string, string>
  /** The name of the limit that refused, for log and metrics. */
  limit?: string
  /** The vendor's code, passed on in place of ours. */
  vendorCode?: string | undefined
  /** The vendor's description; shown to staff and programs only. */
  vendorDescription?: string | undefined
  outcome?: FailedOutcome
  /** The vendor's status, for the journal. */
  upstreamStatus?: number | undefined
  /** The vendor's name for that answer, by which its support finds it. */
  upstreamRequestId?: string | undefined
  /** The vendor gave no answer, or none that is HTTP. */
  unanswered?: true
}

/** Thrown anywhere, answered by the one problem handler. */
export class Problem extends Error {
  readonly code: ProblemCode
  readonly status: number
  readonly particulars: Particulars

  constructor(code: ProblemCode, particulars: Particulars = {}) {
    super(particulars.detail ?? problems[code][1], { cause: particulars.cause })
    this.name = 'Problem'
    this.code = code
    this.status = problems[code][0]
    this.particulars = particulars
  }

  /** A copy with further particulars. */
  with(more: Particulars): Problem {
    const headers = { ...this.particulars.headers, ...more.headers }
    return new Problem(this.code, { cause: this, ...this.particulars, ...more, headers })
  }
}

/** The vendor, or the cache, has no such user. */
export const isUserNotFound = (error: unknown): boolean => error instanceof Problem && error.code === 'user_not_found'
