/** TABLE: refusals of the vendor by row and status: code, type and sentence for the caller, from
 * one source. */
import type { Operation } from '../contract/operation.ts'
import type { OperationId } from '../contract/operations.ts'
import { Problem, type ProblemCode, problems } from '../contract/problems.ts'

type Meaning = readonly [code: ProblemCode, detail?: string]
type Meanings = Readonly<Record<number, Meaning>>

/** Refusals that keep the vendor's status. */
const everywhere: Meanings = {
  400: ['bad_request'],
  402: ['payment_required'],
  404: ['user_not_found'],
  409: ['conflict'],
  413: ['too_large'],
  422: ['bad_request'],
  423: ['locked'],
}

/** Where a row names more than a user, or says more by its status. The user of a guarded row was
 * looked up just before. */
const ofRow: Readonly<Partial<Record<OperationId, Meanings>>> = {
  get_link_requests: { 404: ['integration_not_found'] },
  pre_create_app_user: { 404: ['upstream_misconfigured'], 409: ['conflict', 'There is a user with this userId already.'] },
  post_image_message: {
    400: ['bad_request', 'The messaging service does not accept this image or a field beside it.'],
    415: ['unsupported_media_type', 'The messaging service does not take this type of image.'],
  },
  link_app_user: {
    400: ['bad_request', 'The messaging service does not link this channel in this way.'],
    404: ['integration_not_found'],
  },
  unlink_app_user: { 400: ['bad_request', 'The messaging service does not unlink this channel.'], 404: ['channel_not_linked'] },
  merge_users: {
    400: ['bad_request', 'The messaging service does not merge these users.'],
    404: ['user_not_found', 'One of the users does not exist.'],
  },
}

export interface VendorWords {
  /** Whether the body has the vendor's shape at all. */
  readonly known: boolean
  readonly code: string | undefined
  readonly description: string | undefined
}

/** A 404 that speaks of the app, or comes from something that is not the API (a wrong host or
 * prefix). */
const isAppMissing = ({ known, code, description }: VendorWords): boolean =>
  !known || code === 'app_not_found' || /\bapp not found\b/i.test(description ?? '')

export const isUserMissing = ({ code, description }: Pick<VendorWords, 'code' | 'description'>): boolean =>
  code === 'user_not_found' || /\buser not found\b/i.test(description ?? '')

const meaningOf = ({ id }: Operation, status: number, words: VendorWords): Meaning => {
  if (status === 401 || status === 403) return ['upstream_credentials']
  const ours = ofRow[id as OperationId]?.[status] ?? everywhere[status] ?? ['upstream_error']
  if (status !== 404 || ours[0] === 'upstream_misconfigured') return ours
  if (isAppMissing(words)) return ['upstream_misconfigured']
  return ours[0] !== 'user_not_found' && isUserMissing(words) ? ['user_not_found'] : ours
}

/** The vendor's code is passed on with its words. One that means something else here, such as
 * `not_found`, is not, and then its words are not either. */
export const refusal = (row: Operation, status: number, words: VendorWords): Problem => {
  const [code, detail] = meaningOf(row, status, words)
  const told = { outcome: 'failure', cause: `upstream answered ${status}`, ...(detail !== undefined && { detail }) } as const
  const misleads = words.code !== undefined && words.code !== code && Object.hasOwn(problems, words.code)
  if (code.startsWith('upstream_') || misleads) return new Problem(code, told)
  return new Problem(code, { ...told, vendorCode: words.code, vendorDescription: words.description })
}
