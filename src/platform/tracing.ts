/** The one door to OpenTelemetry's API: a span for each request and each send to the vendor, and
 * the ids in log lines, which need no SDK. Attributes name no path, query, address or person. */
import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  type Context,
  context,
  INVALID_SPANID,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { randomBytes } from './random.ts'

export interface RequestTrace {
  readonly ids: { readonly trace_id: string; readonly span_id: string }
  readonly self: TraceParent
  readonly context: Context
  /** `name` and attributes are known late. */
  end(name: string, status: number, code: string | undefined, attributes: Attributes): void
}

/** Asked for each time: one that is kept stays with the first SDK, also once that is gone. */
const tracer = (): Tracer => trace.getTracer('smooch-bff')

/** False without an SDK: the API then gives the ids of the parent, or none. */
const isOfSdk = ({ spanId }: SpanContext, parent: TraceParent | undefined): boolean =>
  spanId !== parent?.spanId && spanId !== INVALID_SPANID

/** The ids of a span, made here when no SDK made any. */
const idsOf = (made: SpanContext, parent: TraceParent | undefined): TraceParent => {
  const { traceId, spanId, traceFlags } = made
  return isOfSdk(made, parent)
    ? { traceId, spanId, flags: traceFlags | ((parent?.flags ?? 0) & 0b10) }
    : { traceId: parent?.traceId ?? newTraceId(), spanId: newSpanId(), flags: parent?.flags ?? 0 }
}

const contextOf = ({ traceId, spanId, flags }: TraceParent, isRemote: boolean): Context =>
  trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: flags & 1, isRemote })

const knownMethods = new Set(['CONNECT', 'DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT', 'TRACE'])
const methodOf = (method: string): string => (knownMethods.has(method) ? method : '_OTHER')

/** The span of a request, of the trace in its header or of a new one. */
export const startRequestTrace = (method: string, header: string | undefined): RequestTrace => {
  const parent = parseTraceParent(header)
  const attributes = { 'http.request.method': methodOf(method), 'url.scheme': 'http' }
  const span = tracer().startSpan(methodOf(method), { kind: SpanKind.SERVER, attributes }, parent ? contextOf(parent, true) : ROOT_CONTEXT)
  const made = span.spanContext()
  const self = idsOf(made, parent)
  return {
    ids: { trace_id: self.traceId, span_id: self.spanId },
    self,
    context: isOfSdk(made, parent) ? trace.setSpan(ROOT_CONTEXT, span) : contextOf(self, false),
    end: (name, status, code, more) => {
      if (span.isRecording()) {
        span.updateName(name)
        span.setAttributes({ ...more, 'http.response.status_code': status })
        if (status >= 500) span.setAttribute('error.type', code ?? String(status)).setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

/** What belongs to the request that is being answered, wherever its work has gone. */
const current = new AsyncLocalStorage<{ readonly fields: Readonly<Record<string, unknown>>; readonly trace: RequestTrace } | undefined>()

/** Runs what answers a request: its log lines get these fields, its sends this parent,
 * instrumentations of others too. */
export const runInTrace = (its: RequestTrace, requestId: string, work: () => void): void =>
  current.run({ fields: { requestId, ...its.ids }, trace: its }, () => context.with(its.context, work))

export const requestFields = (): Readonly<Record<string, unknown>> | undefined => current.getStore()?.fields

/** For what is said of the process, whichever request happened to meet it first. */
export const outsideRequests = <T>(work: () => T): T => current.run(undefined, work)

interface SendTrace {
  readonly traceparent: string
  /** The status, or what there was in place of an answer. */
  end(outcome: number | string): void
}

/** The span of one send to the vendor. `template`: the path without values. */
export const startSendTrace = (method: string, url: URL, template: string, resends: number): SendTrace => {
  const parent = current.getStore()?.trace
  const attributes = {
    'http.request.method': method,
    'server.address': url.hostname,
    'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
    'url.scheme': url.protocol.slice(0, -1),
    'url.template': template,
    ...(resends > 0 && { 'http.request.resend_count': resends }),
  }
  const span = tracer().startSpan(`${method} ${template}`, { kind: SpanKind.CLIENT, attributes }, parent?.context ?? ROOT_CONTEXT)
  return {
    traceparent: formatTraceParent(idsOf(span.spanContext(), parent?.self)),
    end: (outcome) => {
      if (span.isRecording()) {
        if (typeof outcome === 'number') span.setAttribute('http.response.status_code', outcome)
        if (typeof outcome === 'string' || outcome >= 400)
          span.setAttribute('error.type', String(outcome)).setStatus({ code: SpanStatusCode.ERROR })
      }
      span.end()
    },
  }
}

/** The header `traceparent` of W3C Trace Context, strictly: a malformed one counts as absent. */
interface TraceParent {
  readonly traceId: string
  readonly spanId: string
  /** Whether the caller records the trace, and whether its id is random; no others yet. */
  readonly flags: number
}

const form = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/
const meaningful = 0b11

/** Two headers come joined by a comma: malformed. A later version may have more fields. */
export const parseTraceParent = (header: string | undefined): TraceParent | undefined => {
  const [, version, traceId, spanId, flags, more] = (header && form.exec(header)) || []
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined
  return { traceId, spanId, flags: Number.parseInt(flags!, 16) & meaningful }
}

export const formatTraceParent = ({ traceId, spanId, flags }: TraceParent): string =>
  `00-${traceId}-${spanId}-${flags.toString(16).padStart(2, '0')}`

export const newTraceId = (): string => randomBytes(16).toString('hex')
export const newSpanId = (): string => randomBytes(8).toString('hex')
