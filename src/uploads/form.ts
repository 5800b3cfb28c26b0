/** Receives a multipart upload part by part: bounded in size, number, time and pace, and stopped
 * for good by its first fault. */
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy, type BusboyInstance } from '@fastify/busboy'
import { faultIn, otherType } from '../contract/field-faults.ts'
import { nearName } from '../contract/near-names.ts'
import { Problem } from '../contract/problems.ts'
import { bodies } from '../contract/schemas.ts'

export interface UploadLimits {
  /** Bytes of the file. */
  readonly bytes: number
  /** Milliseconds within which the last byte must have arrived. */
  readonly deadline: number
  /** The least that must arrive in each window of time while we are ready to take it. */
  readonly minRate: { readonly bytes: number; readonly window: number }
}

/** Bounds on the rate and size of an upload, and on the rest of one that was given up. */
const watchMinRate = (request: IncomingMessage, limits: UploadLimits, stop: (problem: Problem) => void) => {
  let received = 0
  let before = 0
  let held = false
  let draining = false

  const interval = setInterval(() => {
    // Not counted while upstream holds us back.
    if (!held && !request.isPaused() && received - before < limits.minRate.bytes) end(new Problem('timeout'))
    before = received
    held = false
  }, limits.minRate.window)
  const expire = (): void => end(request.isPaused() ? new Problem('upstream_unknown', { outcome: 'unknown' }) : new Problem('timeout'))
  let timer = setTimeout(expire, limits.deadline)
  const rest = (): void => {
    clearInterval(interval)
    clearTimeout(timer)
  }
  const end = (problem: Problem): void => {
    if (!draining) return void stop(problem)
    rest()
    // Once the answer has ended the connection, the server reads what still comes.
    if (!request.socket.writableEnded) request.destroy()
  }

  request.on('pause', () => {
    held = true
  })
  request.on('data', (chunk: Buffer) => {
    received += chunk.length
    if (received > limits.bytes) end(new Problem('too_large'))
  })
  request.once('end', rest)
  request.once('close', rest)

  return {
    /** Drains the rest under the same bounds: proxies look for an answer once all is sent. */
    drain: (): void => {
      if (request.destroyed || request.complete) {
        rest()
        return void request.resume()
      }
      draining = true
      received = before = 0
      // A request that Node cut off tells of no end; its timers must not hold the process.
      interval.unref()
      clearTimeout(timer)
      timer = setTimeout(expire, limits.deadline).unref()
      request.resume()
    },
  }
}

interface Source {
  readonly stream: Readable
  readonly declared: string
}

const malformed = (detail: string, cause?: unknown) => new Problem('bad_request', { detail, cause })

const names: ReadonlySet<string> = new Set(Object.keys(bodies.ImageUpload.shape))

const unknownField = (name: string): Problem => {
  const near = nearName(bodies.ImageUpload, [], name)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return faultIn('body', [name], `unknown field${hint}`, { detail: `The form holds a field that is not known here${hint || '.'}` })
}

/** Bytes. */
const maxFieldBytes = 16_384
/** What fields, part headers and boundaries may take beside the file. */
const overhead = 128 * 1024

const createParser = (request: IncomingMessage, limits: UploadLimits): BusboyInstance => {
  const type = request.headers['content-type']
  if (!type) {
    const detail =
      'The upload has no content type; it must be multipart/form-data. (smooch-core on Node 18 and later sends none: set global.FormData = require("form-data") before loading it.)'
    throw new Problem('unsupported_media_type', { detail })
  }
  if (!/^multipart\/form-data *;/i.test(type) || request.headers['content-encoding']) {
    throw otherType(
      request.headers,
      'An image is sent as multipart/form-data with a boundary; a client sets both when it is given a form and no type.',
    )
  }
  if (Number(request.headers['content-length'] ?? 0) > limits.bytes + overhead) throw new Problem('too_large')
  try {
    return new Busboy({
      headers: { 'content-type': type },
      // Every part comes as bytes: a field that is no UTF-8 is refused here and not repaired.
      isPartAFile: () => true,
      limits: { files: names.size + 1, fileSize: limits.bytes, headerPairs: 10, headerSize: 4096 },
    })
  } catch (cause) {
    throw malformed('The content type names no boundary, which a client sets when it is given a form and no type.', cause)
  }
}

const readField = async (name: string, stream: Readable): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxFieldBytes) throw faultIn('body', [name], 'too long')
    chunks.push(chunk)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw faultIn('body', [name], 'not valid UTF-8', { cause })
  }
}

export const receiveUpload = (request: IncomingMessage, limits: UploadLimits) => {
  const parser = createParser(request, limits)
  const fields = new Map<string, string>()
  const known = new Set<string>()
  const pending: Promise<void>[] = []
  const opened = Promise.withResolvers<Source>()
  const ended = Promise.withResolvers<void>()
  // Handled, so that a fault nobody asks for is no crash.
  for (const { promise } of [opened, ended]) promise.catch(() => {})
  let source: Readable | undefined
  let fault: Problem | undefined
  let complete = false

  /** The first fault counts. A bounded rest is drained, so that the caller can read our answer. */
  const stop = (problem: Problem): Problem => {
    if (fault) return fault
    // The form is never closed, so the vendor has nothing that it could act on.
    problem.particulars.outcome ??= 'not_sent'
    if (complete) return problem
    fault = problem
    opened.reject(problem)
    ended.reject(problem)
    source?.destroy(problem)
    request.unpipe(parser)
    minRate.drain()
    return problem
  }

  const minRate = watchMinRate(request, { ...limits, bytes: limits.bytes + overhead }, stop)

  const takeField = async (name: string | undefined, stream: Readable): Promise<void> => {
    if (!name || !names.has(name)) return void stop(unknownField(name ?? ''))
    if (known.has(name)) return void stop(faultIn('body', [name], 'given twice'))
    known.add(name)
    try {
      fields.set(name, await readField(name, stream))
    } catch (error) {
      stop(error instanceof Problem ? error : malformed('The form is malformed or ended early.', error))
    }
  }

  parser.on('file', (name: string | undefined, stream, filename: string | undefined, _encoding, declared) => {
    stream.on('error', () => {})
    if (name !== 'source' && filename === undefined) return void pending.push(takeField(name, stream))
    if (source)
      return void stop(faultIn('body', ['source'], 'given twice', { detail: 'Send one image at a time, in the file field source.' }))
    if (name !== 'source') return void stop(faultIn('body', [name ?? ''], 'takes no file', { detail: 'The only file field is source.' }))
    source = stream
    stream.once('limit', () => stop(new Problem('too_large')))
    void Promise.all(pending).then(() => opened.resolve({ stream, declared }))
  })
  parser.on('error', (cause: unknown) => stop(malformed('The form is malformed or ended early.', cause)))
  parser.once('finish', () => {
    if (!source) return void stop(faultIn('body', ['source'], 'is required', { detail: 'The form needs a file field named source.' }))
    void Promise.all(pending).then(() => {
      complete = !fault
      ended.resolve()
    })
  })
  request.once('close', () => {
    if (!request.complete) stop(malformed('The upload ended early.'))
  })
  request.on('error', (cause) => stop(malformed('The upload ended early.', cause)))
  if (request.destroyed && !request.complete) stop(malformed('The upload ended early.'))
  request.pipe(parser)

  return { fields, opened: opened.promise, ended: ended.promise, stop }
}
