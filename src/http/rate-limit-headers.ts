/** The RateLimit fields of the IETF's HTTPAPI working group: how much of a limit is left. */

import type { ServerResponse } from 'node:http'
import type { Limit } from './rate-limit.ts'
import { addHeader } from './response-headers.ts'

export const limitHeaders = (res: ServerResponse, { name, max, used }: Limit): void => {
  addHeader(res, 'RateLimit-Policy', `"${name}";q=${max};w=60`)
  addHeader(res, 'RateLimit', `"${name}";r=${Math.max(0, max - used.used)};t=${Math.ceil(used.leftMs / 1000)}`)
}
