/** Requests made up from the OpenAPI document, and raw ones: what every answer must hold, and which calls to the vendor policy allows for them. */
import fc from 'fast-check'
import type { Caller } from '../../src/contract/operation.ts'
import { all } from '../../src/contract/operations.ts'
import { problems } from '../../src/contract/problems.ts'
import { appId, type Bff, type Carried, imageForm, startBff } from '../support/bff.ts'
import { sendRaw } from '../support/raw.ts'

export interface Summary {
  /** Answers by status. */
  readonly statuses: Record<number, number>
  /** Requests that reached the vendor. */
  readonly vendor: number
  readonly faults: readonly string[]
}

interface Person {
  readonly userId: string
  readonly smoochId: string
}
interface Who {
  readonly name: string
  readonly headers: Carried
  /** What the session may be to a row; `self` for the own user alone. */
  readonly callers: readonly Caller[]
}
interface World {
  readonly own: Person
  readonly other: Person
  readonly who: readonly Who[]
}
interface Route {
  readonly path: string
  readonly method: string
  readonly statuses: ReadonlySet<number>
}

/** Refused before a route is reached, or by what every route shares. */
const everywhere = [400, 403, 404, 405, 413, 414, 415, 417, 421, 429, 431]
const people = [
  'me',
  'own',
  'ownId',
  'other',
  'otherId',
  'nobody',
  '%2e%2e',
  '..',
  'a%2Fb',
  'a%00b',
  '%C3%A9',
  'a;b',
  'x'.repeat(300),
  '%E2%80%AE',
] as const
/** Sound three times out of four, so that most requests get to the vendor. */
const mostly = <T>(sound: readonly T[], odd: readonly T[]) =>
  fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...sound) }, { weight: 1, arbitrary: fc.constantFrom(...odd) })
const person = mostly<string>(['me', 'own', 'ownId', 'other', 'otherId'], people)
const channels = ['twilio', 'viber', 'messenger', 'ios', '..', '%2e%2e', 'none']
const text = fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('', '__proto__', '\u0000', '\u202e', 'x'.repeat(3_000)))

const request = (routes: readonly Route[]) =>
  fc.record({
    route: fc.constantFrom(...routes),
    who: fc.nat(7),
    person,
    second: person,
    channel: mostly(['twilio'], channels),
    app: mostly([appId], ['0'.repeat(24), '..']),
    query: mostly(['own'], ['?x=1', '?integrationIds=a&integrationIds=b', '?q=%22%5C', '?limit=-1', '?cursor=x']),
    shape: fc.constantFrom('sound', 'sound', 'sound', 'random', 'none', 'form', 'image', 'text'),
    json: fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.dictionary(text, fc.oneof(text, fc.double(), fc.constant(null)), { maxKeys: 4 })),
    key: mostly([undefined], ['k-1', 'k-2', '', 'k'.repeat(300)]),
    reason: mostly([undefined], ['user_request', 'nonsense', 'gdpr_request']),
  })
type Made = ReturnType<typeof request> extends fc.Arbitrary<infer T> ? T : never

const rawTargets = [
  '..',
  '%2e%2e',
  '.',
  '%252e%252e',
  'a%2f..%2f',
  'a//b',
  'own',
  'merge',
  '%zz',
  '\\',
  'a?scope=app',
  '#',
  'A'.repeat(2_100),
]
const raw = fc.record({
  method: fc.constantFrom('DELETE', 'GET', 'PUT', 'POST', 'delete', 'OPTIONS', 'TRACE', 'PATCH', 'X'),
  segments: fc.array(fc.constantFrom(...rawTargets), { minLength: 1, maxLength: 3 }),
  header: fc.constantFrom(
    '',
    'Host: b',
    'Content-Length: 3',
    'Transfer-Encoding: chunked',
    'X_Y: 1',
    'X-HTTP-Method-Override: DELETE',
    ' folded',
    'Cookie: a=1',
  ),
})

const makeWorld = async (bff: Bff, round: number): Promise<World> => {
  const person = (name: string): Person => {
    const userId = `${name}-${round}`
    return { userId, smoochId: bff.sandbox.createUser(appId, { userId, givenName: 'A', clients: [{ platform: 'twilio' }] })._id }
  }
  const [own, other] = [person('own'), person('other')]
  const bearer = await bff.signIn({ userId: own.userId })
  const cookie = await bff.signIn({ userId: own.userId, kind: 'cookie' })
  const staff = (role: 'agent' | 'admin' | 'auditor') => bff.signIn({ roles: [role], actor: { id: role } })
  await bff.call('GET', '/v1.1/appusers/me', { headers: bearer })
  const who: Who[] = [
    { name: 'nobody', headers: {}, callers: [] },
    { name: 'user', headers: bearer, callers: ['self'] },
    { name: 'user by cookie', headers: cookie, callers: ['self'] },
    { name: 'cookie without its marks', headers: { cookie: cookie['cookie']! }, callers: [] },
    { name: 'agent', headers: await staff('agent'), callers: ['agent'] },
    { name: 'admin', headers: await staff('admin'), callers: ['admin'] },
    { name: 'auditor', headers: await staff('auditor'), callers: [] },
    { name: 'program', headers: await bff.signIn({ kind: 'service', roles: ['service'], actor: { id: 'cron' } }), callers: ['service'] },
  ]
  return { own, other, who }
}

const idOf = ({ own, other }: World, name: string): string =>
  ({ own: own.userId, ownId: own.smoochId, other: other.userId, otherId: other.smoochId })[name] ?? name

const bodyOf = (world: World, { route, shape, json, person, second }: Made): { json?: unknown; body?: BodyInit; type?: string } => {
  if (shape === 'none' || route.method === 'GET') return {}
  if (shape === 'image') return { body: imageForm(person === 'other' ? 'appMaker' : 'appUser') }
  if (shape === 'form') return { body: new URLSearchParams({ grant_type: 'x', refresh_token: String(person) }) }
  if (shape === 'text') return { body: 'text', type: 'text/plain' }
  if (shape === 'random') return { json }
  if (route.path.endsWith('/merge')) return { json: { surviving: { _id: idOf(world, person) }, discarded: { _id: idOf(world, second) } } }
  if (route.path.endsWith('/channels'))
    return { json: { type: 'twilio', phoneNumber: '+15145550100', confirmation: { type: person === 'me' ? 'immediate' : 'prompt' } } }
  if (route.path.endsWith('/appusers')) return { json: { userId: `new-${idOf(world, person)}` } }
  if (route.method === 'PUT') return { json: { givenName: 'B', properties: { plan: 'gold' } } }
  return { json }
}

const rowOf = (method: string, path: string) => {
  const below = path.replace(/^\/v1\.1(\/apps\/\{appId\})?/, '').replaceAll(/\{(\w+)\}/g, ':$1')
  return path.startsWith('/v1.1/') ? all.find((row) => row.method === method && row.path === below) : undefined
}

/** Calls to the vendor that policy does not allow for this request. */
const astray = (world: World, who: Who, row: ReturnType<typeof rowOf>, calls: Bff['sandbox']['requests']): string[] =>
  calls.flatMap(({ method, url, operation, body }) => {
    const wrong = (why: string) => [`${who.name}: ${method} ${url} (${why})`]
    const path = url.split('?')[0]!
    if (operation === null || !path.startsWith(`/v1.1/apps/${appId}/appusers`)) return wrong('no row of the vendor')
    if (who.callers.length === 0) return wrong('nobody may call')
    if (operation !== row?.id && operation !== 'get_app_user' && operation !== 'pre_create_app_user') return wrong('another operation')
    if (operation === row?.id && !row.by.some((caller) => who.callers.includes(caller))) return wrong('not for this caller')
    if (who.callers[0] !== 'self') return []
    const named = operation === 'pre_create_app_user' ? (body as { userId?: string }).userId : decodeURIComponent(path.split('/')[5] ?? '')
    return named === world.own.userId || named === world.own.smoochId ? [] : wrong('not the own user')
  })

/** Sends `count` requests one after the other, a tenth of them raw; the same seed makes the same requests. */
export const fuzz = async (count: number, seed: number, progress: (done: number) => void = () => undefined): Promise<Summary> => {
  await using bff = await startBff({ cacheTimes: { freshMs: 3_600_000, revalidateMs: 3_600_000, ifErrorMs: 3_600_000 } })
  const document = (await bff.call('GET', '/openapi.json')).json as { paths: Record<string, Record<string, { responses: object }>> }
  const routes: Route[] = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses }]) =>
      responses ? [{ path, method: method.toUpperCase(), statuses: new Set([...Object.keys(responses).map(Number), ...everywhere]) }] : [],
    ),
  )
  const statuses: Record<number, number> = {}
  const faults: string[] = []
  let vendor = 0
  let world = await makeWorld(bff, 0)
  const judge = (label: string, status: number, json: unknown): void => {
    statuses[status] = (statuses[status] ?? 0) + 1
    const code = (json as { error?: { code?: string } } | undefined)?.error?.code
    if (status >= 500 && code === 'internal') faults.push(`${label}: ${status} internal`)
    if (status >= 400 && (code === undefined || !(code in problems))) faults.push(`${label}: ${status} with the code ${code}`)
  }
  const callsSince = async (n: number) => {
    const calls = bff.sandbox.requests.filter((entry) => entry.n > n)
    vendor += calls.length
    return calls
  }
  const made = fc.sample(request(routes), { seed, numRuns: Math.ceil(count * 0.9) })
  const rawOnes = fc.sample(raw, { seed, numRuns: Math.floor(count / 10) })
  const port = Number(new URL(bff.app.publicUrl).port)
  for (const [at, one] of made.entries()) {
    if (at % 60 === 59) world = await makeWorld(bff, at)
    if (at % 500 === 0) progress(at)
    const last = bff.sandbox.requests.at(-1)?.n ?? 0
    const who = world.who[one.who]!
    const { route } = one
    const path = route.path
      .replace('{appId}', one.app)
      .replace('{userId}', idOf(world, one.person))
      .replace('{channel}', one.channel)
      .replaceAll(/\{\w+\}/g, 'op_1')
    const query = one.query !== 'own' ? one.query : path.endsWith('/linkrequest') ? '?integrationIds=abc' : ''
    const { type, ...sent } = bodyOf(world, one)
    const headers: Carried = {
      ...who.headers,
      ...(type && { 'content-type': type }),
      ...(one.key !== undefined && { 'idempotency-key': one.key }),
      ...(one.reason && { 'audit-reason': one.reason }),
    }
    // A stream has no end of its own.
    if (path.startsWith('/ops/api/stream')) continue
    const answer = await bff.call(route.method, `${path}${query}`.replace(/^\/bff/, ''), { headers, ...sent })
    const label = `${who.name}: ${route.method} ${path}${query} ${one.shape}`
    const page = answer.headers.get('content-type')?.startsWith('text/html') === true
    if (page) statuses[answer.status] = (statuses[answer.status] ?? 0) + 1
    else judge(label, answer.status, answer.text.startsWith('{') ? answer.json : undefined)
    // What fetch itself made of dot segments went to another path.
    if (!/(^|\/)(\.\.|%2e%2e)(\/|$)/i.test(path) && !route.statuses.has(answer.status))
      faults.push(`${label}: ${answer.status} is not documented`)
    faults.push(...astray(world, who, rowOf(route.method, route.path.replace(/^\/bff/, '')), await callsSince(last)))
  }
  for (const { method, segments, header } of rawOnes) {
    const last = bff.sandbox.requests.at(-1)?.n ?? 0
    const admin = world.who[5]!
    const target = `/bff/v1.1/appusers/${segments.join('/')}`
    const lines = [
      `${method} ${target} HTTP/1.1`,
      `Host: localhost:${port}`,
      `Authorization: ${admin.headers['authorization']}`,
      ...(header ? [header] : []),
      'Connection: close',
      '',
      '',
    ]
    const rest = header.startsWith('Content-Length') ? '{} ' : header.startsWith('Transfer') ? '0\r\n\r\n' : ''
    const { answers } = await sendRaw({ port }, lines.join('\r\n') + rest)
    const first = answers[0]
    if (!first) {
      faults.push(`raw ${method} ${target} ${header}: no answer`)
      continue
    }
    statuses[first.status] = (statuses[first.status] ?? 0) + 1
    if (first.status === 500) faults.push(`raw ${method} ${target}: 500`)
    for (const call of await callsSince(last))
      if (call.operation === null || call.operation === 'delete_app') faults.push(`raw ${method} ${target} → ${call.method} ${call.url}`)
  }
  return { statuses, vendor, faults }
}
