/** TABLE: the refusals that a call of an operation may meet: those of its row, and those of any. */
import { type Operation, takesIdempotencyKey } from './operation.ts'
import type { ProblemCode } from './problems.ts'

/** Codes of the row alone, beside those that any call may meet. */
export const problemsOf = (row: Operation): ProblemCode[] => {
  const { subject, takes, effect, id, returns, by, immediate } = row
  const linking = returns === 'LinkRequestResponse' || takes === 'AppUserLink'
  const when: readonly [boolean, ...ProblemCode[]][] = [
    [takes !== undefined, 'bad_request'],
    [takes === 'AppUserUpdate' || takes === 'AppUserLink' || takes === 'ImageUpload', 'field_not_allowed'],
    [takes === 'ImageUpload', 'role_mismatch', 'too_large', 'unsupported_media_type'],
    [subject === 'body', 'conflict'],
    [subject !== 'body', 'user_not_found'],
    [subject === 'both', 'same_person'],
    [id === 'unlink_app_user', 'channel_not_linked'],
    [linking, 'integration_not_found'],
    [effect === 'guarded', 'reason_required', 'another_user', 'journal_unavailable'],
    [effect === 'guarded' && (!by.includes('self') || immediate !== undefined), 'step_up_required'],
    [takesIdempotencyKey(row), 'operation_pending', 'operation_unknown', 'idempotency_key_reused'],
    [row.method === 'GET', 'upstream_timeout'],
    [row.method !== 'GET', 'upstream_unknown'],
  ]
  return when.flatMap(([holds, ...codes]) => (holds ? codes : []))
}

/** Sessions, limits, ids, bodies that are dropped yet must be sound, the vendor's outages. */
const ofAny: readonly ProblemCode[] = [
  ...(['bad_request', 'invalid_id', 'ambiguous_credentials', 'unauthorized', 'payment_required', 'forbidden', 'csrf'] as const),
  ...(['user_not_found', 'no_app_user', 'app_user_not_created', 'timeout', 'conflict', 'too_large', 'unsupported_media_type'] as const),
  ...(['locked', 'too_many_requests', 'internal', 'upstream_error', 'upstream_credentials', 'upstream_misconfigured'] as const),
  ...(['session_store_unavailable', 'upstream_busy', 'upstream_unavailable', 'overloaded', 'upstream_timeout'] as const),
]

/** Every code that a call of the row may meet once its route is found. */
export const allProblemsOf = (row: Operation): ProblemCode[] => [
  ...new Set([
    ...ofAny,
    ...problemsOf(row),
    ...(takesIdempotencyKey(row) ? (['operation_settled'] as const) : []),
    ...(row.effect === 'guarded' ? (['subjects_unresolved'] as const) : []),
  ]),
]
