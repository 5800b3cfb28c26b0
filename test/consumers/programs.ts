/** Programs of developers who call all thirteen operations, and the private listener, by generated code. Each prints what it did. */

const setting = `
const { BASE, INSIDE, OWN, STAFF, SERVICE_KEY, INTEGRATION } = process.env as Record<string, string>
const done: Record<string, number> = {}
const image = () => new File([Uint8Array.from(atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='), (each) => each.charCodeAt(0))], 'one.png', { type: 'image/png' })
`

/** By openapi-fetch, with the types of openapi-typescript. */
export const byOpenapiFetch = `import createClient from 'openapi-fetch'
import type { paths } from './public.d.ts'
import type { paths as Inside } from './private.d.ts'
${setting}
const clientOf = (token: string) => createClient<paths>({ baseUrl: BASE!, headers: { Authorization: 'Bearer ' + token } })
const [own, staff] = [clientOf(OWN!), clientOf(STAFF!)]
const inside = createClient<Inside>({ baseUrl: INSIDE!, headers: { Authorization: 'Bearer ' + SERVICE_KEY } })
const note = <T extends { response: Response; error?: unknown; data?: unknown }>(id: string, answer: T): T => {
  done[id] = answer.response.status
  if (answer.error) console.error(id, JSON.stringify(answer.error))
  return answer
}
const me = { params: { path: { userId: 'me' } } }
const made = (userId: string) => ({ params: { path: { userId } } })
const { data } = note('get_app_user', await own.GET('/v1.1/appusers/{userId}', me))
const name: string | null | undefined = data?.appUser.givenName
note('get_app_user_entity_ids', await own.GET('/v1.1/appusers/{userId}/channels', me))
note('get_app_user_business_system_ids', await staff.GET('/v1.1/appusers/{userId}/businesssystems', made('cust-20481')))
note('get_app_user_auth_code', await own.GET('/v1.1/appusers/{userId}/authcode', me))
note('get_link_requests', await own.GET('/v1.1/appusers/{userId}/linkrequest', { params: { ...me.params, query: { integrationIds: [INTEGRATION, INTEGRATION].join(',') } } }))
note('update_app_user', await own.PUT('/v1.1/appusers/{userId}', { ...me, body: { givenName: name ?? 'Mina' } }))
note('post_image_message', await own.POST('/v1.1/appusers/{userId}/images', { ...me, body: { role: 'appUser', source: image() as unknown as string }, bodySerializer: (body) => {
  const form = new FormData()
  for (const [key, value] of Object.entries(body)) form.set(key, value as unknown as string)
  return form
} }))
const one = note('pre_create_app_user', await staff.POST('/v1.1/appusers', { body: { userId: 'fetch-1' } }))
const two = await staff.POST('/v1.1/appusers', { body: { userId: 'fetch-2' } })
note('link_app_user', await staff.POST('/v1.1/appusers/{userId}/channels', { ...made('fetch-1'), body: { type: 'twilio', phoneNumber: '+1 514-555-0177', confirmation: { type: 'prompt' } } }))
note('unlink_app_user', await staff.DELETE('/v1.1/appusers/{userId}/channels/{channel}', { params: { path: { userId: 'fetch-1', channel: 'twilio' } } }))
note('delete_app_user_profile', await staff.DELETE('/v1.1/appusers/{userId}/profile', { params: { path: { userId: 'fetch-1' }, header: { 'Audit-Reason': 'test', 'Idempotency-Key': crypto.randomUUID() } } }))
note('merge_users', await staff.POST('/v1.1/appusers/merge', { body: { surviving: { _id: one.data!.appUser._id }, discarded: { _id: two.data!.appUser._id } } }))
note('delete_app_user', await staff.DELETE('/v1.1/appusers/{userId}', made('fetch-1')))
const session = note('mint_session', await inside.POST('/sessions', { body: { kind: 'service', roles: ['agent'], actor: { id: 'fetch' } } }))
note('list_service_sessions', await inside.GET('/sessions'))
note('end_service_session', await inside.DELETE('/sessions/{sessionId}', { params: { path: { sessionId: session.data!.sessionId } } }))
note('alive', await inside.GET('/livez', { parseAs: 'text' }))
console.log(JSON.stringify(done))
`

/** By the functions that hey-api generates. */
export const byHeyApi = `import { client } from './public/client.gen'
import * as api from './public/sdk.gen'
import { client as insideClient } from './private/client.gen'
import * as inside from './private/sdk.gen'
${setting}
client.setConfig({ baseUrl: BASE!, auth: () => STAFF! })
insideClient.setConfig({ baseUrl: INSIDE!, auth: () => SERVICE_KEY! })
const note = <T extends { response?: Response; error?: unknown }>(id: string, answer: T): T => {
  done[id] = answer.response?.status ?? 0
  if (answer.error) console.error(id, JSON.stringify(answer.error))
  return answer
}
const own = { path: { userId: 'me' }, auth: () => OWN! }
const made = (userId: string) => ({ path: { userId } })
const { data } = note('get_app_user', await api.getAppUser(own))
const name: string | null | undefined = data?.appUser.givenName
note('get_app_user_entity_ids', await api.getAppUserEntityIds(own))
note('get_app_user_business_system_ids', await api.getAppUserBusinessSystemIds(made('cust-20481')))
note('get_app_user_auth_code', await api.getAppUserAuthCode(own))
note('get_link_requests', await api.getLinkRequests({ ...own, query: { integrationIds: INTEGRATION! } }))
note('update_app_user', await api.updateAppUser({ ...own, body: { givenName: name ?? 'Mina' } }))
note('post_image_message', await api.postImageMessage({ ...own, body: { role: 'appUser', source: image() } }))
const one = note('pre_create_app_user', await api.preCreateAppUser({ body: { userId: 'hey-1' } }))
const two = await api.preCreateAppUser({ body: { userId: 'hey-2' } })
note('link_app_user', await api.linkAppUser({ ...made('hey-1'), body: { type: 'twilio', phoneNumber: '+1 514-555-0178', confirmation: { type: 'prompt' } } }))
note('unlink_app_user', await api.unlinkAppUser({ path: { userId: 'hey-1', channel: 'twilio' } }))
note('delete_app_user_profile', await api.deleteAppUserProfile({ ...made('hey-1'), headers: { 'Audit-Reason': 'test', 'Idempotency-Key': crypto.randomUUID() } }))
note('merge_users', await api.mergeUsers({ body: { surviving: { _id: one.data!.appUser._id }, discarded: { _id: two.data!.appUser._id } } }))
note('delete_app_user', await api.deleteAppUser(made('hey-1')))
const session = note('mint_session', await inside.mintSession({ body: { kind: 'service', roles: ['agent'], actor: { id: 'hey' } } }))
note('list_service_sessions', await inside.listServiceSessions())
note('end_service_session', await inside.endServiceSession({ path: { sessionId: session.data!.sessionId } }))
note('alive', await inside.alive())
console.log(JSON.stringify(done))
`

/** By openapi-client-axios, which reads the document while it runs. */
export const byAxios = `import { readFileSync } from 'node:fs'
import module from 'openapi-client-axios'
const { BASE, OWN, INTEGRATION } = process.env
const definition = JSON.parse(readFileSync('public.json', 'utf8'))
const headers = { Authorization: 'Bearer ' + OWN }
const client = await new (module.default ?? module)({ definition, axiosConfigDefaults: { baseURL: BASE, headers, validateStatus: () => true } }).init()
const text = await client.get_link_requests({ userId: 'me', integrationIds: [INTEGRATION, INTEGRATION].join(',') })
const list = await client.get_link_requests({ userId: 'me', integrationIds: [INTEGRATION, INTEGRATION] })
console.log(JSON.stringify({ text: text.status, list: list.status === 400 ? list.data.detail : list.status }))
`
