/** Reads a JSON or form body within limits of type, size, time and shape, by its schema. */
import type { IncomingMessage } from 'node:http'
import { faultIn, otherType } from '../../contract/field-faults.ts'
import { Problem } from '../../contract/problems.ts'
import { letIn } from '../server/load-shedding.ts'
import { decodePart } from './query.ts'
import { decodeBody, parseStrictJson } from './strict-json.ts'

export interface Bounds {
  readonly withinMs?: number
  /** Bytes. */
  readonly maxBytes?: number
}

const jsonType = /^application\/json[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

const checkType = (req: IncomingMessage): void => {
  const { 'content-type': type = '', 'content-encoding': encoding } = req.headers
  if (!jsonType.test(type) || encoding !== undefined) throw otherType(req.headers, 'The content type must be application/json, in UTF-8.')
}

/** The rest of a body that was not read is not waited for. */
const close = { Connection: 'close' }

/** The whole body, or a Problem once it is too large, too late or broken off. */
export const readBytes = (req: IncomingMessage, { withinMs = 10_000, maxBytes = 100 * 1024 }: Bounds = {}): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    const settle = (problem?: Problem): void => {
      clearTimeout(timer)
      req.off('data', onChunk).off('end', onEnd).off('error', onBreak).off('close', onBreak)
      // An abort from here on has no reader; without a listener it would end the process.
      req.on('error', () => undefined)
      if (problem) {
        req.pause()
        reject(problem)
      } else resolve(Buffer.concat(chunks, size))
    }
    const onChunk = (chunk: Buffer): void => {
      size += chunk.length
      chunks.push(chunk)
      if (size > maxBytes) settle(new Problem('too_large', { headers: close }))
    }
    const onBreak = (cause?: Error): void => settle(new Problem('bad_request', { detail: 'The body broke off.', cause, headers: close }))
    const onEnd = (): void => settle()
    const timer = setTimeout(() => settle(new Problem('timeout', { headers: close })), withinMs)

    if (Number(req.headers['content-length'] ?? 0) > maxBytes) return settle(new Problem('too_large', { headers: close }))
    if (req.destroyed && !req.readableEnded) return onBreak()
    // A slow sender holds no place in the bound of admitted requests.
    letIn(req)
    req.on('data', onChunk).on('end', onEnd).on('error', onBreak).on('close', onBreak)
  })

/** The body of a route that needs one. */
export const readJson = async (req: IncomingMessage, bounds: Bounds = {}): Promise<unknown> => {
  checkType(req)
  const bytes = await readBytes(req, bounds)
  if (bytes.length === 0) throw faultIn('body', [], 'is empty', { detail: 'The body is empty.' })
  return parseStrictJson(bytes)
}

export const bringsBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0

/** Tells afterwards whether the whole request had come by the end of this turn of the event loop,
 * as a small body does in one piece with its head. */
export const watchArrival = (request: IncomingMessage): (() => boolean) => {
  let whole = !bringsBody(request)
  if (!whole)
    setImmediate(() => {
      whole = request.complete
    })
  return () => whole
}

/** A body of a GET or DELETE means nothing; as the vendor's example sends one, it is dropped. */
export const discardBody = async (req: IncomingMessage): Promise<void> => {
  if (!bringsBody(req)) return
  const bytes = await readBytes(req)
  if (bytes.length === 0) return
  checkType(req)
  parseStrictJson(bytes)
}

const formType = /^application\/x-www-form-urlencoded[ \t]*(?:;[ \t]*charset=(?:utf-8|"utf-8")[ \t]*)?$/i

export const isForm = ({ headers }: IncomingMessage): boolean => formType.test(headers['content-type'] ?? '')

/** As OAuth and OpenID send them: each field once. */
export const readForm = async (req: IncomingMessage): Promise<Record<string, string>> => {
  if (!isForm(req) || req.headers['content-encoding'] !== undefined)
    throw otherType(req.headers, 'The content type must be application/x-www-form-urlencoded, in UTF-8.')
  const fields = new Map<string, string>()
  for (const pair of decodeBody(await readBytes(req))
    .split('&')
    .filter(Boolean)) {
    const [name = '', value = ''] = pair.split(/=(.*)/s).map((part) => decodePart(part, 'body'))
    if (fields.has(name)) throw faultIn('body', [name], 'given twice', { detail: 'A field of the form appears twice.' })
    fields.set(name, value)
  }
  return Object.fromEntries(fields)
}
