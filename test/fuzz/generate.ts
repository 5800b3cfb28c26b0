/** What requests are made of: every route with each kind of session, names of persons and hostile ones, bodies that are sound, mutated or anything. */
import fc from 'fast-check'
import { anyText } from '../support/any-text.ts'
import type { Route } from './routes.ts'
import { whoCount } from './world.ts'

/** Sound eight times out of nine, so that most requests get far. */
const mostly = <T>(sound: readonly T[], odd: readonly T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })

/** As they stand in the target: encoded already, or badly. */
const hostile = [
  ...['..', '.', '%2e%2e', '%2E.', '%252e%252e', 'a%2Fb', 'a%5cb', 'a;b', 'a%3Fb', 'a%23', 'a%00b', '%zz', '%', '%ff', ''],
  ...['%C3%A9', 'e%CC%81', '%E2%80%AE', '%F0%9F%98%80', '%E0%A4%95%E2%80%8D%E0%A4%B7', '%C2%A0', '%EF%BB%BF', 'merge', 'undefined'],
  ...['__proto__', 'constructor', '*', ':userId', '{userId}', 'x'.repeat(256), 'x'.repeat(257), 'x'.repeat(2_100), '0'.repeat(24)],
]
const person = mostly(['me', 'own', 'ownId', 'other', 'otherId'], hostile)
const text = fc.oneof(anyText({ maxLength: 20 }), fc.constantFrom('', '__proto__', '\u0000', '\u202e', 'x'.repeat(3_000)))
const value = fc.oneof(text, fc.double(), fc.jsonValue({ maxDepth: 3 }), fc.constantFrom('own', 'otherId', 'me', null, 'immediate'))

const body = fc.oneof(
  { weight: 12, arbitrary: fc.record({ kind: fc.constant('sound' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('replaced' as const), at: fc.nat(20), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('without' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('with' as const), name: text, value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('doubled' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('any' as const), value }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('text' as const), text }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('none' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('image' as const) }) },
)
export type MadeBody = typeof body extends fc.Arbitrary<infer T> ? T : never

const headers = mostly<Readonly<Record<string, string>>>(
  [{}],
  [
    ...[{ 'idempotency-key': 'k-1' }, { 'idempotency-key': '' }, { 'idempotency-key': 'k'.repeat(300) }],
    ...[{ 'audit-reason': 'user_request' }, { 'audit-reason': 'no such' }, { 'audit-ticket': '%' }],
    ...[{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }, { host: 'evil.example' }, { expect: 'a-cake' }],
    ...[
      { cookie: '__proto__=1' },
      { authorization: 'Basic YTpi' },
      { authorization: 'Bearer a.b.c' },
      { accept: 'application/problem+json' },
    ],
    ...[{ 'x-http-method-override': 'DELETE' }, { 'x-forwarded-for': '::1' }, { 'x-forwarded-host': 'evil.example' }, { x_y: '1' }],
    ...[{ 'if-none-match': '*' }, { range: 'bytes=0-1' }, { 'cache-control': 'no-cache' }, { 'content-encoding': 'gzip' }],
    ...[{ 'content-type': 'application/json; charset=utf-16' }, { 'content-type': 'nonsense' }, { 'x-filler': 'x'.repeat(17_000) }],
  ],
)
const query = mostly<string | undefined>(
  [undefined],
  [
    '?',
    '?x=1',
    '?integrationIds=a&integrationIds=b',
    '?integrationIds=',
    '?integrationIds=%zz',
    '?appId=x',
    '?scope=app',
    '?returnTo=//evil',
  ],
)

const isIntricate = ({ row }: Route): boolean => row?.takes === 'AppUserLink' || row?.takes === 'AppUserMerge'

export const requests = (routes: readonly Route[]) =>
  fc.record({
    // Links and merges have most rules, and most of their bodies are refused.
    route: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...routes) },
      { weight: 1, arbitrary: fc.constantFrom(...routes.filter(isIntricate)) },
    ),
    who: fc.oneof(fc.nat(whoCount - 1), fc.constantFrom(1, 2, 4, 5, 8)),
    people: fc.tuple(person, person),
    channel: mostly(['twilio'], ['viber', 'messenger', 'none', ...hostile]),
    app: mostly(['ours'], ['0'.repeat(24), 'ours/..', ...hostile]),
    sessionId: mostly(['s_1'], hostile),
    query,
    body,
    headers,
  })
export type Made = ReturnType<typeof requests> extends fc.Arbitrary<infer T> ? T : never

const segment = fc.constantFrom(
  ...hostile,
  'own',
  'otherId',
  'channels',
  'profile',
  'twilio',
  'a?scope=app',
  '#',
  '\\',
  ' ',
  '\t',
  '\u00e9',
)

interface Extra {
  readonly header: string
  /** What follows the head, so that the request is whole. */
  readonly rest: string
  /** Refused for this header alone. */
  readonly barred: boolean
}
const plain: Extra = { header: '', rest: '', barred: false }
const passed = ['Cookie: a=1', 'X-HTTP-Method-Override: DELETE', 'Upgrade: websocket', 'Expect: 100-continue']
const refused = [
  ...['Host: b', 'Content-Length: -1', 'Transfer-Encoding: gzip, chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 3'],
  ...['X_Y: 1', ' folded', 'No colon', 'X: \u0000', 'Authorization: Bearer x', `X: ${'x'.repeat(70_000)}`],
]
const extras: readonly Extra[] = [
  ...passed.map((header) => ({ header, rest: '', barred: false })),
  ...refused.map((header) => ({ header, rest: '', barred: true })),
  { header: 'Content-Length: 3', rest: '{} ', barred: false },
  { header: 'Transfer-Encoding: chunked', rest: '0\r\n\r\n', barred: false },
  { header: 'Transfer-Encoding: chunked', rest: 'zz\r\n', barred: true },
]

/** Requests that no client library would send. */
export const rawRequests = fc.record({
  method: fc.constantFrom('DELETE', 'DELETE', 'GET', 'PUT', 'POST', 'delete', 'OPTIONS', 'TRACE', 'PATCH', 'CONNECT', 'HEAD', 'X', ''),
  who: fc.constantFrom(1, 4, 5, 7),
  prefix: fc.constantFrom(
    '/bff/v1.1/appusers/',
    '/bff/v1.1/apps/ours/appusers/',
    '/bff/v1.1/apps/',
    '//bff/',
    'http://evil.example/bff/v1.1/',
    '',
  ),
  segments: fc.array(segment, { minLength: 1, maxLength: 4 }),
  version: mostly(['HTTP/1.1'], ['HTTP/1.0', 'HTTP/2.0', 'HTTP/1.1 ', '']),
  extra: fc.oneof(fc.constant(plain), fc.constantFrom(...extras)),
})
export type Raw = typeof rawRequests extends fc.Arbitrary<infer T> ? T : never
