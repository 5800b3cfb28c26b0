/** A request's trace: read, logged, passed on to the vendor, and given to an SDK of OpenTelemetry where there is one. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { json as readJson } from 'node:stream/consumers'
import { afterEach, describe, expect, test } from '@jest/globals'
import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node'
import { type Bff, mina, startBff } from '../support/bff.ts'
import { processEnv, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const parentId = 'b7ad6b7169203331'
const traceparent = `00-${traceId}-${parentId}-01`

const requests = ({ lines }: Bff, operation: string) =>
  lines.filter(({ msg, operation: its }) => msg === 'request' && its === operation) as Record<string, string>[]
const channels = '/v1.1/appusers/me/channels'
/** The headers that the vendor got with the last call. */
const atVendor = ({ sandbox }: Bff) => sandbox.requests.at(-1)!.headers as Record<string, string | undefined>

test('the trace of the caller is logged and goes to the vendor under a parent of its own, and nothing else of it does', async () => {
  await using bff = await startBff()
  const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
  const headers = { ...own, traceparent, tracestate: 'vendor=secret', baggage: 'user=mina' }
  await bff.call('GET', channels, { headers })
  const line = await until(() => requests(bff, 'get_app_user_entity_ids')[0])
  expect(line['trace_id']).toBe(traceId)
  expect(line['span_id']).toMatch(/^[0-9a-f]{16}$/)
  const sent = atVendor(bff)
  const [version, sentTrace, sentParent, flags] = sent['traceparent']!.split('-')
  expect([version, sentTrace, flags]).toEqual(['00', traceId, '01'])
  expect(new Set([sentParent, parentId, line['span_id']]).size).toBe(3)
  expect([sent['tracestate'], sent['baggage']]).toEqual([undefined, undefined])
})

test.each([
  ['malformed', `00-${traceId}-${parentId}`],
  ['of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
  ['absent', undefined],
])('a header that is %s begins a trace', async (_name, header) => {
  await using bff = await startBff()
  const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
  await bff.call('GET', channels, { headers: { ...own, ...(header && { traceparent: header }) } })
  const line = await until(() => requests(bff, 'get_app_user_entity_ids')[0])
  expect(line['trace_id']).toMatch(/^[0-9a-f]{32}$/)
  expect(line['trace_id']).not.toBe(traceId)
  expect(atVendor(bff)['traceparent']).toContain(`-${line['trace_id']}-`)
})

test('each line that a request caused has its ids, and requests at the same time keep apart', async () => {
  await using bff = await startBff()
  const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
  bff.sandbox.fault({ operation: 'get_app_user_entity_ids', status: 401, times: 50 })
  const ids = Array.from({ length: 20 }, (_, at) => `${traceId.slice(2)}${(at + 16).toString(16)}`)
  await Promise.all(ids.map((id) => bff.call('GET', channels, { headers: { ...own, traceparent: `00-${id}-${parentId}-00` } })))
  await until(() => requests(bff, 'get_app_user_entity_ids').length === ids.length)
  expect(new Set(requests(bff, 'get_app_user_entity_ids').map(({ trace_id }) => trace_id))).toEqual(new Set(ids))
  const alarm = await until(() => bff.lines.find(({ alarm }) => alarm === 'upstream_credentials'))
  const request = requests(bff, 'get_app_user_entity_ids').find(({ requestId }) => requestId === alarm['requestId'])
  expect([alarm['trace_id'], alarm['span_id']]).toEqual([request?.['trace_id'], request?.['span_id']])
  // What concerns the process is no request's.
  expect(bff.lines.filter(({ msg, requestId }) => msg === 'journal checkpoint' && requestId !== undefined)).toEqual([])
})

describe('with an SDK', () => {
  const exporter = new InMemorySpanExporter()
  const register = () => new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register()
  afterEach(() => {
    exporter.reset()
    for (const api of [trace, context, propagation]) api.disable()
  })
  const spansOf = async (count: number) => {
    await until(() => exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId).length === count)
    return exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId)
  }

  test('a request is a span by its operation, its send a child, both as the conventions say, without anything of the person', async () => {
    register()
    await using bff = await startBff()
    const agent = await bff.signIn({ kind: 'bearer', roles: ['agent'], actor: { id: 'agent-7' } })
    await bff.call('GET', `/v1.1/appusers/${mina.userId}/channels`, { headers: { ...agent, traceparent, 'User-Agent': 'Browser of Mina' } })
    const spans = await spansOf(2)
    const server = spans.find(({ kind }) => kind === SpanKind.SERVER)!
    const client = spans.find(({ kind }) => kind === SpanKind.CLIENT)!
    expect([server.name, client.name]).toEqual(['get_app_user_entity_ids', 'GET /appusers/:userId/channels'])
    expect([server.parentSpanContext?.spanId, client.parentSpanContext?.spanId]).toEqual([parentId, server.spanContext().spanId])
    expect(server.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'http.route': expect.stringContaining(':userId'),
    })
    const { hostname, port } = new URL(bff.sandbox.url)
    expect(client.attributes).toEqual({
      ...{ 'http.request.method': 'GET', 'http.response.status_code': 200, 'url.template': '/appusers/:userId/channels' },
      ...{ 'url.scheme': 'http', 'server.address': hostname, 'server.port': Number(port) },
    })
    expect(atVendor(bff)['traceparent']).toBe(`00-${traceId}-${client.spanContext().spanId}-01`)
    const line = await until(() => requests(bff, 'get_app_user_entity_ids')[0])
    expect(line['span_id']).toBe(server.spanContext().spanId)
    const told = JSON.stringify(spans.map(({ name, attributes, events }) => [name, attributes, events]))
    expect(told).not.toMatch(/cust-|agent-7|Mina|127\.0\.0\.1:\d+\/|Browser/)
  })

  test('a failure of the vendor is an error of both, and each try is a span', async () => {
    register()
    await using bff = await startBff()
    const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
    bff.sandbox.fault({ operation: 'get_app_user_entity_ids', status: 503, times: 3 })
    expect((await bff.call('GET', channels, { headers: { ...own, traceparent } })).status).toBe(502)
    const spans = await spansOf(4)
    const [server] = spans.filter(({ kind }) => kind === SpanKind.SERVER)
    expect([server!.status.code, server!.attributes['error.type']]).toEqual([SpanStatusCode.ERROR, 'upstream_error'])
    const clients = spans.filter(({ kind }) => kind === SpanKind.CLIENT)
    expect(clients.map(({ attributes }) => [attributes['http.request.resend_count'], attributes['error.type']])).toEqual([
      [undefined, '503'],
      [1, '503'],
      [2, '503'],
    ])
  })

  test('a caller who does not record is not recorded, and the trace goes on', async () => {
    register()
    await using bff = await startBff()
    const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
    await bff.call('GET', channels, { headers: { ...own, traceparent: `00-${traceId}-${parentId}-00` } })
    expect(atVendor(bff)['traceparent']).toMatch(new RegExp(`^00-${traceId}-(?!${parentId})[0-9a-f]{16}-00$`))
    expect(exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId)).toEqual([])
  })

  test('an SDK that has gone makes no spans any more', async () => {
    register()
    await using bff = await startBff()
    const own = await bff.signIn({ kind: 'bearer', userId: mina.userId })
    await bff.call('GET', channels, { headers: { ...own, traceparent } })
    await spansOf(2)
    for (const api of [trace, context, propagation]) api.disable()
    const count = exporter.getFinishedSpans().length
    await bff.call('GET', channels, { headers: own })
    expect(atVendor(bff)['traceparent']).toMatch(/-00$/)
    expect(exporter.getFinishedSpans()).toHaveLength(count)
  })
})

test('the file that docs/operate.md shows sends the spans of npm start to a collector', async () => {
  const [, file = ''] = /```js instrumentation\.mjs\n([\s\S]*?)```/.exec(readFileSync('docs/operate.md', 'utf8'))!
  // Where its imports are found, as beside the service.
  const folder = resolve('node_modules/.cache')
  const path = `${folder}/instrumentation-${process.pid}.mjs`
  mkdirSync(folder, { recursive: true })
  writeFileSync(path, file)
  const received: string[] = []
  const collector = createServer(async (req, res) => {
    received.push(`${req.url} ${JSON.stringify(await readJson(req))}`)
    res.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((listening) => void collector.listen(0, '127.0.0.1', listening))
  try {
    const { port } = collector.address() as AddressInfo
    await using service = await startProcess({
      ...{ ...processEnv, DRAIN_DELAY_SECONDS: '0' },
      NODE_OPTIONS: `--import=${path}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    })
    expect((await fetch(`${service.publicUrl}/bff/auth/session`, { headers: { traceparent } })).status).toBe(200)
    // At the stop, not after the seconds for which spans are gathered.
    service.child.kill('SIGTERM')
    expect(await service.ended).toBe(0)
    const all = received.join('\n')
    expect(all).toMatch(/^\/v1\/traces /)
    for (const word of [traceId, '"smooch-bff"', 'GET /auth/session', 'http.response.status_code']) expect(all).toContain(word)
  } finally {
    collector.close()
    rmSync(path)
  }
})
