/** The body of a request, read to its end within bounds: JSON is parsed, a form split into parts;
 * of a file only size and hash are kept. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Busboy, type BusboyHeaders } from '@fastify/busboy'
import { badRequest, Refusal } from './refusal.ts'

const jsonLimit = 100 * 1024

/** A form field with its value, or a file with its name and measures. */
export type Part =
  | { field: string; value: string }
  | { field: string; fileName: string | undefined; type: string; bytes: number; sha256: string }

export interface Body {
  /** Parsed JSON, or the text when it is none; absent without a body, for a form, or too much. */
  content?: unknown
  parts?: Part[]
  /** Why the body cannot be used; thrown only by routes that need it. */
  problem?: Refusal
}

export class HungUp extends Error {}

/** Reads on when it is too much: a client that is still sending does not see an answer. */
async function readText(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= jsonLimit) chunks.push(chunk)
  }
  return bytes > jsonLimit ? undefined : Buffer.concat(chunks).toString()
}

async function readJson(request: IncomingMessage): Promise<Body> {
  const text = await readText(request).catch(() => {
    throw new HungUp()
  })
  if (text === undefined) return { problem: new Refusal(413) }
  if (text === '') return { problem: badRequest('A body is required') }
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    return { content: text, problem: badRequest('content-type must be application/json') }
  }
  try {
    return { content: JSON.parse(text) }
  } catch {
    return { content: text, problem: badRequest('Malformed JSON') }
  }
}

const limits = { fieldNameSize: 200, fieldSize: jsonLimit, fields: 50, files: 10, parts: 60, headerPairs: 50 }

function newParser(request: IncomingMessage) {
  try {
    return new Busboy({ headers: request.headers as BusboyHeaders, limits })
  } catch {
    return undefined
  }
}

function readForm(request: IncomingMessage): Promise<Body> {
  const parts: Part[] = []
  const form = newParser(request)
  const { promise, resolve, reject } = Promise.withResolvers<Body>()
  const malformed = () => {
    const answer = () => resolve({ parts, problem: badRequest('Malformed multipart body') })
    request.unpipe()
    if (request.readableEnded) answer()
    else request.on('end', answer).resume()
  }
  request.on('close', () => request.complete || reject(new HungUp()))
  if (!form) {
    malformed()
    return promise
  }
  form.on('field', (field, value) => parts.push({ field, value }))
  form.on('file', (field, stream, fileName, _encoding, type) => {
    const hash = createHash('sha256')
    const part = { field, fileName, type, bytes: 0, sha256: '' }
    parts.push(part)
    stream.on('data', (chunk: Buffer) => {
      part.bytes += chunk.length
      hash.update(chunk)
    })
    stream.on('error', malformed)
    stream.on('end', () => {
      part.sha256 = hash.digest('hex')
    })
  })
  form.on('error', malformed)
  form.on('finish', () => resolve({ parts }))
  request.pipe(form)
  return promise
}

export const readBody = (request: IncomingMessage): Promise<Body> =>
  /^multipart\/form-data\b/i.test(request.headers['content-type'] ?? '') ? readForm(request) : readJson(request)
