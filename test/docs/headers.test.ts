/** Headers of real answers, of every operation of both listeners, beside those that the OpenAPI documents promise. */
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { all } from '../../src/contract/operations.ts'
import { endpoints } from '../../src/docs/openapi-endpoints.ts'
import type { Endpoints } from '../../src/http/endpoint.ts'
import { appId, type Carried, imageForm, mina } from '../support/bff.ts'
import { leave, navigation } from '../support/logout-form.ts'
import { clientId } from '../support/provider.ts'
import { createWalker } from '../support/walk.ts'
import { audience, startWithProvider, type WithProvider } from '../support/with-provider.ts'

/** Of HTTP and of browsers' security, on every answer. */
const general =
  /^(connection|content-(length|type|security-policy)|date|keep-alive|transfer-encoding|cache-control|vary|x-accel-buffering|cross-origin-.*|origin-agent-cluster|referrer-policy|strict-transport-security|x-(content-type-options|dns-prefetch-control|download-options|frame-options|permitted-cross-domain-policies|xss-protection))$/

/** Seen only when a disk or the vendor is slow; tests of the journal have it. */
const rare = ['audit-outcome']

interface Described {
  readonly operationId: string
  readonly responses: Readonly<Record<string, { readonly headers?: object; readonly $ref?: string }>>
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
  readonly components: { readonly responses: Described['responses'] }
}

/** By operation id and status. */
const promised = new Map<string, Set<string>>()
const seen = new Map<string, Set<string>>()

const read = ({ paths, components }: Document): void => {
  for (const { operationId, responses } of Object.values(paths).flatMap((item) => Object.values(item)))
    for (const [status, response] of Object.entries(responses)) {
      const { headers = {} } = response.$ref ? components.responses[response.$ref.split('/').at(-1)!]! : response
      promised.set(`${operationId} ${status}`, new Set(Object.keys(headers).map((name) => name.toLowerCase())))
    }
}

const note = (id: string, { status, headers }: { status: number; headers: Headers }): void => {
  const key = `${id} ${status}`
  const names = seen.get(key) ?? new Set()
  for (const name of headers.keys()) if (!general.test(name)) names.add(name)
  seen.set(key, names)
}

let it: WithProvider
let walk: Awaited<ReturnType<WithProvider['signIn']>>
beforeAll(async () => {
  it = await startWithProvider({ REDIS_URL: '', CLEAR_SITE_DATA: 'always', AUDIT_REQUIRED_FOR: 'agent', LIMIT_LINKS: '3' })
  read((await it.bff.call('GET', '/openapi.json')).json)
  read((await it.bff.private('GET', '/openapi.json')).json)
  walk = await it.signIn('mallory')
})
afterAll(async () => {
  await it[Symbol.asyncDispose]()
})

interface Call {
  readonly headers?: Carried
  readonly json?: unknown
  readonly body?: BodyInit
}
const call = async (id: string, method: string, path: string, options: Call = {}) => {
  const answer = await it.bff.call(method, path, options)
  note(id, answer)
  return answer
}
const inside = async (id: string, method: string, path: string, json?: unknown, headers?: Carried) => {
  const answer = await it.bff.private(method, path, json, headers)
  note(id, answer)
  return answer
}

const checked = (ids: readonly string[]) => {
  const undocumented = [...seen].flatMap(([key, names]) =>
    [...names].filter((name) => !promised.get(key)?.has(name)).map((name) => `${key}: ${name}`),
  )
  const unmet = [...seen].flatMap(([key, names]) =>
    Number(key.split(' ')[1]) < 400
      ? [...(promised.get(key) ?? [])].filter((name) => !names.has(name) && !rare.includes(name)).map((name) => `${key}: ${name}`)
      : [],
  )
  const answered = new Set([...seen.keys()].filter((key) => Number(key.split(' ')[1]) < 400).map((key) => key.split(' ')[0]))
  expect({ undocumented, unmet, uncalled: ids.filter((id) => !answered.has(id)) }).toEqual({ undocumented: [], unmet: [], uncalled: [] })
}

const user = '/v1.1/appusers'
const confirmation = { type: 'prompt' }
const phone = { type: 'twilio', phoneNumber: '+1 514-555-0188', confirmation }

describe('what the documents say of headers is what answers have, no more and no less', () => {
  test('of the thirteen operations', async () => {
    const own = await it.bff.signIn()
    const program = await it.bff.signIn({ kind: 'service', roles: ['admin', 'service'], actor: { id: 'crm' } })
    const key = () => ({ 'idempotency-key': randomUUID() })
    const twice = async (id: string, method: string, path: string, json?: unknown) => {
      const headers = { ...program, ...key(), 'audit-reason': 'test' }
      const options = { headers, ...(json !== undefined && { json }) }
      const [first, second] = [await call(id, method, path, options), await call(id, method, path, options)]
      expect([first.status < 300, second.headers.get('idempotency-replayed')]).toEqual([true, 'true'])
      return first.json
    }
    await call('get_app_user', 'GET', `${user}/me`, { headers: own })
    await call('get_app_user_entity_ids', 'GET', `${user}/me/channels`, { headers: own })
    await call('get_app_user_business_system_ids', 'GET', `${user}/${mina.userId}/businesssystems`, { headers: program })
    await call('get_app_user_auth_code', 'GET', `${user}/me/authcode`, { headers: own })
    const integration = it.bff.sandbox.integration(appId, 'messenger')
    await call('get_link_requests', 'GET', `${user}/me/linkrequest?integrationIds=${integration}`, { headers: own })
    await call('update_app_user', 'PUT', `${user}/me`, { headers: own, json: { givenName: 'Mika' } })
    await call('post_image_message', 'POST', `${user}/me/images`, { headers: own, body: imageForm('appUser') })
    const made = await twice('pre_create_app_user', 'POST', user, { userId: 'made-1' })
    const other = await twice('pre_create_app_user', 'POST', user, { userId: 'made-2' })
    await twice('link_app_user', 'POST', `${user}/made-1/channels`, phone)
    await twice('unlink_app_user', 'DELETE', `${user}/made-1/channels/twilio`)
    await twice('delete_app_user_profile', 'DELETE', `${user}/made-1/profile`)
    const merge = { surviving: { _id: made.appUser._id }, discarded: { _id: other.appUser._id } }
    await twice('merge_users', 'POST', `${user}/merge`, merge)
    await twice('delete_app_user', 'DELETE', `${user}/made-1`)
    checked(all.map(({ id }) => id))
  })

  test('of sessions and signing in', async () => {
    const page = { accept: 'text/html' }
    note('sign_in', await walk.visit(`${it.origin}/bff/auth/login`, { headers: navigation }))
    note('sign_in', await walk.visit(`${it.origin}/bff/auth/login`, { headers: { 'sec-fetch-site': 'cross-site' } }))
    const walker = createWalker()
    const { last } = await walker.signIn(`${it.origin}/bff/auth/login`, 'mallory')
    note('sign_in_callback', last)
    const cookie = walker.headers(it.origin)
    await call('show_session', 'GET', '/auth/session', { headers: { ...page, ...cookie } })
    await call('list_my_sessions', 'GET', '/auth/sessions', { headers: cookie })
    await call('refresh_session', 'POST', '/auth/refresh', { headers: { ...cookie } })
    const agent = await it.bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    await call('end_sessions_of_user', 'POST', '/auth/sessions/end', { headers: agent, json: { userId: 'nobody-1' } })
    const subject_token = await it.provider.sign({ sub: 'mobile-1', aud: audience, ...times(), jti: randomUUID() })
    await call('exchange_token', 'POST', '/auth/session', { json: { ...grant, subject_token } })
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => it.bff.signIn({ kind: 'cookie' })))
    const { sessions } = (await it.bff.call('GET', '/auth/sessions', { headers: one! })).json
    await call('end_my_session', 'DELETE', `/auth/sessions/${sessions.find((each: { current: boolean }) => each.current).sessionId}`, {
      headers: one!,
    })
    await call('sign_out', 'DELETE', '/auth/session', { headers: two! })
    note('sign_out', await it.bff.call('DELETE', '/auth/session', { headers: walker.headers(it.origin) }))
    await walker.signIn(`${it.origin}/bff/auth/login`, 'mallory')
    note('sign_out_by_form', headed(await leave(it.bff, walker.headers(it.origin))))
    await call('end_my_sessions', 'DELETE', '/auth/sessions', { headers: three! })
    const logout_token = await it.provider.sign(
      {
        sub: 'mallory',
        aud: clientId,
        ...times(),
        jti: randomUUID(),
        events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      },
      { typ: 'logout+jwt' },
    )
    await call('backchannel_logout', 'POST', '/auth/backchannel-logout', { body: new URLSearchParams({ logout_token }) })
    checked(idsOf('Sessions'))
  })

  test("of the console's API, the documents and the webhook", async () => {
    const admin = await it.bff.signIn({ roles: ['admin', 'auditor'], actor: { id: 'ada' } })
    it.bff.sandbox.createUser(appId, { userId: 'cust-9' })
    const { headers } = await it.bff.call('DELETE', `${user}/cust-9`, { headers: admin })
    const operation = headers.get('audit-operation')
    const event = (await it.bff.call('GET', `/ops/api/operations/${operation}`, { headers: admin })).json.events[0].id
    const filled = (path: string) => path.replace(':appId', appId).replace(/:\w+/, path.includes('events') ? event : String(operation))
    const skipped = ['stream_events', 'resolve_operation', 'receive_webhook']
    for (const [id, { method, path, tag }] of Object.entries(endpoints as Endpoints))
      if (['Console', 'Documents', 'Webhooks'].includes(tag) && !skipped.includes(id))
        await call(id, method.toUpperCase(), filled(path), {
          ...(tag === 'Console' && { headers: admin }),
          ...(id === 'save_view' && { json: { name: 'Deletions', q: 'action:delete' } }),
        })
    checked([...idsOf('Console'), ...idsOf('Documents')].filter((id) => !skipped.includes(id)))
  })

  test('of the private listener', async () => {
    const person = { actorId: 'ada-2' }
    const { sessionId } = (await inside('mint_session', 'POST', '/sessions', { kind: 'service', roles: ['agent'], actor: { id: 'crm' } }))
      .json
    await inside('list_service_sessions', 'GET', '/sessions')
    await inside('end_service_session', 'DELETE', `/sessions/${sessionId}`)
    await inside('end_sessions_of_person', 'POST', '/sessions/end', person)
    await inside('change_roles_of_person', 'POST', '/sessions/roles', { ...person, roles: ['agent'] })
    for (const [id, { path, by, tag, method }] of Object.entries(endpoints as Endpoints))
      if (tag === 'Private' && by === 'anyone') await inside(id, method, path)
    await inside('mint_session', 'POST', '/sessions', {}, { authorization: 'Bearer wrong' })
    checked(idsOf('Private'))
  })

  test('of refusals', async () => {
    const own = await it.bff.signIn()
    const admin = await it.bff.signIn({ roles: ['admin'], actor: { id: 'ada' } })
    const agent = await it.bff.signIn({ roles: ['agent'], actor: { id: 'gus' } })
    for (const { id, method, path, takes } of all) {
      const target = `/v1.1${path.replace(':userId', 'nobody-at-all').replace(':channel', 'twilio')}`
      const body = takes && takes !== 'ImageUpload' ? { json: { unknown: true } } : {}
      await call(id, method, target, body)
      for (const headers of [own, admin, agent]) await call(id, method, target, { headers, ...body })
    }
    for (const path of [`${user}/cust-30007`, `${user}/cust-20481/profile`])
      await call(path.endsWith('e') ? 'delete_app_user_profile' : 'get_app_user', path.endsWith('e') ? 'DELETE' : 'GET', path, {
        headers: own,
      })
    const key = { ...admin, 'idempotency-key': randomUUID() }
    for (const userId of [mina.userId, mina.userId, 'somebody-else'])
      await call('pre_create_app_user', 'POST', user, { headers: key, json: { userId } })
    it.bff.sandbox.fault({ operation: 'delete_app_user_profile', status: 404, times: 1 })
    await call('delete_app_user_profile', 'DELETE', `${user}/${mina.userId}/profile`, { headers: admin })
    for (let turn = 0; turn < 4; turn++) await call('link_app_user', 'POST', `${user}/me/channels`, { headers: own, json: {} })
    const headers = [...seen].filter(([key]) => Number(key.split(' ')[1]) >= 400)
    const met = new Set(headers.flatMap(([, names]) => [...names]))
    expect(met).toEqual(
      new Set([
        'audit-operation',
        'audit-receipt',
        'idempotency-replayed',
        'ratelimit',
        'ratelimit-policy',
        'retry-after',
        'www-authenticate',
        'x-request-id',
      ]),
    )
    checked([])
  })
})

const times = () => ({ iat: Math.floor(Date.now() / 1000), exp: Math.floor(Date.now() / 1000) + 300 })
const grant = {
  grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
  subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
}
const idsOf = (tag: string) => Object.entries(endpoints as Endpoints).flatMap(([id, row]) => (row.tag === tag ? [id] : []))
const headed = ({ status, headers }: { status: number; headers: Record<string, string> }) => ({ status, headers: new Headers(headers) })
