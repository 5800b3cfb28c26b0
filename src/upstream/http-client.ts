/** The one door to everybody outside, and to ky: the vendor, issuers, receivers of alerts.
 * Redirects are never followed, and nothing is sent again unless the call says so. */
import ky, { type Options } from 'ky'
import { type Deadline, freshConnections, send } from './sender.ts'

export { HTTPError, type Options, TimeoutError } from 'ky'

const deadlineOf = (signal: AbortSignal): Deadline => {
  const deadline: Deadline = { over: signal.aborted, cut: () => {} }
  const end = () => {
    deadline.over = true
    deadline.cut()
  }
  signal.addEventListener('abort', end, { once: true })
  return deadline
}

/** Statuses whose answer has no body, even an empty one. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304])

const exchange: NonNullable<Options['fetch']> = async (input) => {
  const request = input as Request // as ky always gives it
  const { status, headers, text } = await send({
    connections: freshConnections(),
    url: new URL(request.url),
    method: request.method,
    // Nothing to unpack, so a small answer cannot swell.
    headers: { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' },
    content: request.body === null ? undefined : await request.text(),
    deadline: deadlineOf(request.signal),
  })
  if (text === undefined) throw new Error(`an answer of ${new URL(request.url).origin} is too long or no text`)
  const known = Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one): [string, string] => [name, one]))
  return new Response(bodiless.has(status) ? null : text, { status, headers: known })
}

export const http = ky.create({ fetch: exchange, retry: 0, redirect: 'manual', timeout: 30_000 })

/** For a call that brings its own fetch, deadline and rule for sending again. Nothing is merged: ky
 * goes through defaults and options of a call field by field. */
export const httpBy = (
  url: URL,
  options: Options & Required<Pick<Options, 'method' | 'fetch' | 'retry' | 'throwHttpErrors'>>,
): Promise<Response> => ky(url, { redirect: 'manual', timeout: false, ...options })

/** For libraries that bring their own rules of what an answer means. */
export const fetchOnce = (url: string | URL, init: RequestInit = {}): Promise<Response> => http(url, { ...init, throwHttpErrors: false })

/** As much of a Response as ky looks at when it decides about sending again; a whole one would make
 * a call cost twice as much. */
class LightResponse {
  readonly body = null
  readonly status: number
  readonly headers: { readonly get: (name: string) => string | null }

  constructor(status: number, retryAfter: number | undefined) {
    this.status = status
    this.headers = { get: (name) => (name === 'Retry-After' && retryAfter !== undefined ? String(retryAfter) : null) }
  }
  get [Symbol.toStringTag](): string {
    return 'Response'
  }
  get ok(): boolean {
    return this.status < 300
  }
  text(): Promise<string> {
    return Promise.resolve('')
  }
}

export const lightResponse = (status: number, retryAfter: number | undefined): Response =>
  new LightResponse(status, retryAfter) as unknown as Response
