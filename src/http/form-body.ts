/** Reads a form body (`application/x-www-form-urlencoded`), as OAuth and OpenID send them: each
 * field once. */

import type { IncomingMessage } from 'node:http'
import { faultIn } from '../contract/field-faults.ts'
import { Problem } from '../contract/problems.ts'
import { readBytes } from './body.ts'
import { decodeBody } from './strict-json.ts'

const formType = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

export const isForm = ({ headers }: IncomingMessage): boolean => formType.test(headers['content-type'] ?? '')

/** URLSearchParams would put U+FFFD where the percent signs are no UTF-8. */
const decodePart = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch (cause) {
    throw faultIn('body', [], 'holds a malformed percent sign', { detail: 'The form holds a malformed percent sign.', cause })
  }
}

export const readForm = async (req: IncomingMessage): Promise<Record<string, string>> => {
  if (!isForm(req) || req.headers['content-encoding'] !== undefined)
    throw new Problem('unsupported_media_type', { detail: 'The content type must be application/x-www-form-urlencoded, in UTF-8.' })
  const fields = new Map<string, string>()
  for (const pair of decodeBody(await readBytes(req))
    .split('&')
    .filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map(decodePart)
    if (fields.has(name)) throw faultIn('body', [name], 'given twice', { detail: 'A field of the form appears twice.' })
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}
