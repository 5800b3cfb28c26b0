/** Requests to the whole service as bytes on the wire, and what its refusals must look like. */
import { expect } from '@jest/globals'
import { appId, type Bff, type Carried } from '../support/bff.ts'
import { type RawAnswer, type RawExchange, type SendOptions, sendRaw } from '../support/raw.ts'

export interface RawRequest {
  readonly method?: string
  /** Below the base path; `target` replaces it and the base path. */
  readonly path?: string
  readonly target?: string
  readonly headers?: Carried
  /** Header lines as they shall stand on the wire, after the others. */
  readonly lines?: readonly string[]
  readonly body?: string | Buffer
}

export const portOf = (bff: Bff): { port: number } => ({ port: Number(new URL(bff.app.publicUrl).port) })

export const bytesOf = (
  bff: Bff,
  { method = 'GET', path = '', target = `/bff${path}`, headers = {}, lines = [], body = '' }: RawRequest,
): Buffer => {
  const length =
    body.length > 0 && !lines.some((line) => /^(content-length|transfer-encoding)/i.test(line))
      ? [`Content-Length: ${Buffer.byteLength(body)}`]
      : []
  const host = lines.some((line) => /^host:/i.test(line)) ? [] : [`Host: 127.0.0.1:${portOf(bff).port}`]
  const named = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  const head = [`${method} ${target} HTTP/1.1`, ...host, ...named, ...length, ...lines, '', ''].join('\r\n')
  return Buffer.concat([Buffer.from(head, 'latin1'), Buffer.from(body)])
}

export const exchange = (bff: Bff, request: RawRequest, options: SendOptions = {}): Promise<RawExchange> =>
  sendRaw(portOf(bff), bytesOf(bff, request), options)

export const ask = async (bff: Bff, request: RawRequest, options: SendOptions = {}): Promise<RawAnswer> =>
  (await exchange(bff, request, options)).first

interface ErrorBody {
  readonly error: { readonly code: string; readonly description: string }
  readonly requestId: string
  readonly errors?: readonly unknown[]
}

/** Checks the one error body and gives its code. */
export const codeOf = ({ status, headers, body }: RawAnswer): string => {
  const told = JSON.parse(body) as ErrorBody
  expect(told).toEqual({
    error: { code: expect.stringMatching(/^[a-z_]+$/), description: expect.any(String) },
    type: expect.stringMatching(/^urn:smooch-bff:problem:/),
    title: expect.any(String),
    status,
    detail: told.error.description,
    requestId: expect.stringMatching(/^req_/),
    ...(told.errors && { errors: expect.any(Array) }),
  })
  expect(headers['content-type']).toMatch(/^application\/json/)
  expect(headers['cache-control']).toBe('no-store')
  return told.error.code
}

/** Status and code of a refusal. */
export const refusal = (answer: RawAnswer): [status: number, code: string] => [answer.status, codeOf(answer)]

export const json = { 'Content-Type': 'application/json' }
export const long = `/v1.1/apps/${appId}`

/** The bare token that the headers carry. */
export const tokenOf = (carried: Carried): string =>
  ('cookie' in carried ? carried['cookie'] : carried['authorization'])!.replace(/^(Bearer |bff-dev=)/, '')
