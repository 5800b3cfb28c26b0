/** The meaning of a refusal of the vendor: its row in the table, once what it speaks of is known. */
import type { Operation } from '../contract/operation.ts'
import { type Meaning, ofVendor } from '../contract/operation-problems.ts'
import { Problem, problems } from '../contract/problems.ts'

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

const meaningOf = (row: Operation, status: number, words: VendorWords): Meaning => {
  const ours = ofVendor(row, status)
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
