/** TABLE: the refusals of an operation: the vendor's by status, those of its row, those of any. */
import { type Operation, takesIdempotencyKey } from './operation.ts'
import type { OperationId } from './operations.ts'
import type { ProblemCode } from './problems.ts'

export type Meaning = readonly [code: ProblemCode, detail?: string]
type Meanings = Readonly<Record<number, Meaning>>

/** Refusals that keep the vendor's status; our credential is no caller's. */
const everywhere: Meanings = {
  400: ['bad_request'],
  401: ['upstream_credentials'],
  402: ['payment_required'],
  403: ['upstream_credentials'],
  404: ['user_not_found'],
  409: ['conflict'],
  413: ['too_large'],
  422: ['bad_request'],
  423: ['locked'],
}

/** Where a row names more than a user, or says more by status; guarded rows just read theirs. */
const byRow: Readonly<Record<OperationId, Meanings>> = {
  get_app_user: {},
  get_app_user_entity_ids: {},
  get_app_user_business_system_ids: {},
  get_app_user_auth_code: {},
  get_link_requests: { 404: ['integration_not_found'] },
  pre_create_app_user: { 404: ['upstream_misconfigured'], 409: ['conflict', 'There is a user with this userId already.'] },
  update_app_user: {},
  post_image_message: {
    400: ['bad_request', 'The messaging service does not accept this image or a field beside it.'],
    415: ['unsupported_media_type', 'The messaging service does not take this type of image.'],
  },
  link_app_user: {
    400: ['bad_request', 'The messaging service does not link this channel in this way.'],
    404: ['integration_not_found'],
  },
  unlink_app_user: { 400: ['bad_request', 'The messaging service does not unlink this channel.'], 404: ['channel_not_linked'] },
  delete_app_user_profile: {},
  delete_app_user: {},
  merge_users: {
    400: ['bad_request', 'The messaging service does not merge these users.'],
    404: ['user_not_found', 'One of the users does not exist.'],
  },
}

export const vendorMeaning = ({ id }: Operation, status: number): Meaning =>
  byRow[id as OperationId]?.[status] ?? everywhere[status] ?? ['upstream_error']

/** Codes that only this row's own meanings give: of the vendor's own faults any call may tell. */
const vendorOnlyProblems = ({ id }: Operation): ProblemCode[] =>
  Object.values(byRow[id as OperationId]).flatMap(([code]) => (code.startsWith('upstream_') ? [] : [code]))

/** Codes of the row alone, beside those that any call may meet. */
export const problemsOf = (row: Operation): ProblemCode[] => {
  const { subject, takes, effect, by, immediate } = row
  const when: readonly [boolean, ...ProblemCode[]][] = [
    [takes !== undefined, 'bad_request'],
    [takes === 'AppUserUpdate' || takes === 'AppUserLink' || takes === 'ImageUpload', 'field_not_allowed'],
    [takes === 'ImageUpload', 'role_mismatch', 'too_large', 'unsupported_media_type'],
    [subject !== 'body', 'user_not_found'],
    [subject === 'both', 'same_person'],
    [true, ...vendorOnlyProblems(row)],
    [effect === 'guarded', 'reason_required', 'another_user', 'journal_unavailable'],
    [effect === 'guarded' && (!by.includes('self') || immediate !== undefined), 'step_up_required'],
    [takesIdempotencyKey(row), 'operation_pending', 'operation_unknown', 'idempotency_key_reused'],
    [row.method === 'GET', 'upstream_timeout'],
    [row.method !== 'GET', 'upstream_unknown'],
  ]
  return [...new Set(when.flatMap(([holds, ...codes]) => (holds ? codes : [])))]
}

/** Sessions, limits, ids, bodies that are dropped yet must be sound, the vendor's outages. */
// biome-ignore format: names alone, some to a line
const commonProblems: readonly ProblemCode[] = [
  'bad_request', 'invalid_id', 'ambiguous_credentials', 'unauthorized', 'payment_required', 'forbidden', 'csrf',
  'user_not_found', 'no_app_user', 'app_user_not_created', 'timeout', 'conflict', 'too_large', 'unsupported_media_type',
  'locked', 'too_many_requests', 'internal', 'upstream_error', 'upstream_credentials', 'upstream_misconfigured',
  'session_store_unavailable', 'upstream_busy', 'upstream_unavailable', 'overloaded', 'upstream_timeout',
]

/** Every code that a call of the row may meet once its route is found. */
export const allProblemsOf = (row: Operation): ProblemCode[] => [
  ...new Set([
    ...commonProblems,
    ...problemsOf(row),
    ...(takesIdempotencyKey(row) ? (['operation_settled'] as const) : []),
    ...(row.effect === 'guarded' ? (['subjects_unresolved'] as const) : []),
  ]),
]
