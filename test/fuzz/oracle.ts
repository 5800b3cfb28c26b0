/** What every answer must hold, and which calls to the vendor policy allows: judged from the tables and the bytes that were sent, by none of the service's own code. */
import { z } from 'zod'
import { takesHead } from '../../src/contract/operation.ts'
import { all } from '../../src/contract/operations.ts'
import { type ProblemCode, problems } from '../../src/contract/problems.ts'
import type { RequestRecord } from '../../src/dev/sandbox/record.ts'
import { appId } from '../support/bff.ts'
import { canariesIn } from '../support/canaries.ts'
import type { Route } from './routes.ts'
import { namesOf, type Who, type World } from './world.ts'

export interface Sent {
  readonly who: Who
  readonly listener: Route['listener']
  readonly method: string
  /** Exactly as it was sent. */
  readonly target: string
  readonly body: unknown
  /** A header of it makes the whole request one to be refused. */
  readonly barred: boolean
}

export interface Received {
  readonly status: number
  readonly type: string
  readonly text: string
}

/** TABLE: refusals of HTTP and of admission, whatever the route; the document tells of routes only. */
const everywhere: readonly ProblemCode[] = [
  'bad_request',
  'invalid_path',
  'target_too_long',
  'precondition_failed',
  'too_large',
  'expectation_failed',
  'misdirected',
  'headers_too_large',
]
/** Where no route is. */
const nowhere: readonly ProblemCode[] = ['not_found', 'method_not_allowed']

const segmentsOf = (path: string): string[] => path.split('?')[0]!.split('/')

/** The values of a template's names, when the path has its form, segment by segment. */
const match = (template: string, path: string): Record<string, string> | undefined => {
  const [wanted, given] = [segmentsOf(template), segmentsOf(path)]
  if (wanted.length !== given.length) return undefined
  const values: Record<string, string> = {}
  for (const [at, word] of wanted.entries()) {
    const name = /^(?:\{(\w+)\}|:(\w+))$/.exec(word)
    if (!name && word !== given[at]) return undefined
    if (name && given[at] === '') return undefined
    if (name) values[(name[1] ?? name[2])!] = given[at]!
  }
  return values
}

/** HEAD is answered like GET by what only reads. */
const answers = (route: Route, method: string): boolean =>
  route.method === method || (method === 'HEAD' && route.row !== undefined && takesHead(route.row))

/** The route that a request asks for; one without names before one with. */
export const routeOf = (routes: readonly Route[], { listener, method, target }: Sent): Route | undefined =>
  routes
    .filter((it) => it.listener === listener && answers(it, method) && match(it.path, target))
    .sort((a, b) => a.path.split('{').length - b.path.split('{').length)[0]

const problemBody = z.strictObject({
  error: z.strictObject({ code: z.string().min(1), description: z.string().min(1) }),
  ...{ type: z.string(), title: z.string(), status: z.int(), detail: z.string(), requestId: z.string().min(1) },
  errors: z
    .array(
      z.strictObject({
        in: z.enum(['query', 'path', 'header']).optional(),
        pointer: z.string().startsWith('#'),
        detail: z.string().min(1),
      }),
    )
    .min(1)
    .optional(),
})

export const answerFaults = (routes: readonly Route[], sent: Sent, { status, type, text }: Received): string[] => {
  const faults: string[] = []
  if (canariesIn(text).length > 0) faults.push('holds a secret')
  if (status === 500) faults.push('is 500')
  const route = routeOf(routes, sent)
  const page = type.startsWith('text/html')
  const words = type.startsWith('text/plain') && route?.inWords.includes(status)
  const code = status < 400 || page || words || sent.method === 'HEAD' ? undefined : codeOf(text, status)
  if (code === 'malformed') faults.push(`is no error of ours: ${text.slice(0, 200)}`)
  // An answer to HEAD has no body that says which one it is.
  const general = [...everywhere, ...(route ? [] : nowhere)].some((it) =>
    sent.method === 'HEAD' ? problems[it][0] === status : it === code,
  )
  if (!general && route && !route.statuses.includes(status)) faults.push(`is ${status} ${code}, which its route does not document`)
  if (!general && !route && sent.method !== 'HEAD') faults.push(`is ${status} ${code}, though there is no such route`)
  return faults
}

/** The code of an error in the one shape of errors, with a type that the table knows. */
const codeOf = (text: string, status: number): string => {
  try {
    const body = problemBody.parse(JSON.parse(text))
    const code = body.type.replace('urn:smooch-bff:problem:', '')
    return body.status === status && code in problems && problems[code as ProblemCode][0] === status ? code : 'malformed'
  } catch {
    return 'malformed'
  }
}

const decoded = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

const at = (body: unknown, ...keys: string[]): string =>
  String(keys.reduce<unknown>((inside, key) => (inside as Record<string, unknown> | null | undefined)?.[key], body))

/** What the vendor was asked: a row of the table, and the persons that path and body name. Nothing when the path is that of no row. */
const askedOf = ({ method, url, body }: RequestRecord) => {
  for (const row of all) {
    const values = row.method === method ? match(`/v1.1/apps/${appId}${row.path}`, url) : undefined
    if (values && (row.path.includes(':') || !url.includes('..'))) return { row, values, names: namesIn(row.subject, values, body) }
  }
  return undefined
}

const namesIn = (subject: string | undefined, values: Record<string, string | undefined>, body: unknown): string[] => {
  if (subject === 'both') return [at(body, 'surviving', '_id'), at(body, 'discarded', '_id')]
  return subject === 'body' ? [at(body, 'userId')] : [decoded(values['userId']!)]
}

/** What policy allows for what is about to be sent. */
export interface Allowed {
  readonly world: World
  readonly route: Route | undefined
  readonly sent: Sent
  /** A call of the route's own operation. */
  readonly main: boolean
  /** Of each person named, every name. */
  readonly named: readonly (readonly string[])[]
  readonly channel: string | undefined
}

/** Judged before it is sent: afterwards somebody may be gone, and with them what else they are called. */
export const allowedFor = (world: World, routes: readonly Route[], sent: Sent): Allowed => {
  const route = routeOf(routes, sent)
  const { who, target, body } = sent
  const values: Record<string, string | undefined> = (route && match(route.path, target)) ?? {}
  const ours = values['appId'] === undefined || values['appId'] === appId
  const main = route?.row !== undefined && ours && !sent.barred && route.row.by.some((caller) => who.callers.includes(caller))
  const named = main ? namesIn(route.row!.subject, values, body).map((name) => namesOf(world, who, name)) : []
  return { world, route, sent, main, named, channel: values['channel'] }
}

/** Calls to the vendor that policy does not allow. */
export const vendorFaults = (allowed: Allowed, calls: readonly RequestRecord[]): string[] => {
  const { route, sent } = allowed
  const asked = calls.map(askedOf)
  const faults = calls.flatMap((call, index) => {
    const why = astray(allowed, call, asked[index])
    return why === undefined ? [] : [`${call.method} ${call.url} ${JSON.stringify(call.body)} (${why})`]
  })
  const count = asked.filter((it) => it?.row.id === route?.row?.id).length
  return route?.row && route.row.id !== 'get_app_user' && count > 1 ? [...faults, `${sent.method} sent ${count} times`] : faults
}

/** Why a call to the vendor is none that policy allows. */
const astray = ({ world, route, sent, main, named, channel }: Allowed, call: RequestRecord, asked: ReturnType<typeof askedOf>) => {
  const { who, body } = sent
  if (!asked) return 'no row of the table'
  const { row, names } = asked
  if (route?.path === '/sessions' && row.id === 'get_app_user')
    return who.name === 'backend' && names[0] === at(body, 'userId') ? undefined : 'not whom the backend vouches for'
  if (!main) return 'nothing may be called'
  const self = who.callers.includes('self')
  const own = [world.own.userId, world.own.smoochId]
  if (self && ![...names, ...named.flat()].every((name) => own.includes(name))) return 'not the own user'
  if (row.id !== route?.row?.id) {
    if (row.id === 'get_app_user') return named.flat().includes(names[0]!) ? undefined : 'a look at somebody else'
    return self && row.id === 'pre_create_app_user' && names[0] === world.own.userId ? undefined : 'another operation'
  }
  if (!names.every((name, index) => named[index]?.includes(name))) return 'somebody else'
  if (asked.values['channel'] !== channel) return 'another channel'
  const immediate = row.id === 'link_app_user' && at(call.body, 'confirmation', 'type') === 'immediate'
  return immediate && !who.callers.includes('admin') ? 'a link that asks nobody' : undefined
}
