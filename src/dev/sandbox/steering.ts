/** Control of the sandbox: as a test has it at hand, and over HTTP, under `/__sandbox`, from this
 * machine only and without a credential. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { isOfThisMachine } from '../this-machine.ts'
import { type Reply, send } from './answer.ts'
import { readBody } from './body.ts'
import { checkFault, type Fault } from './faults.ts'
import { objectOf, optionalText, requiredText } from './operations/call.ts'
import type { Switches, WebhookOptions } from './options.ts'
import type { Client, NewClient, NewPerson, Person, ShownUser } from './people.ts'
import type { RequestRecord } from './record.ts'
import { badRequest, Refusal } from './refusal.ts'
import type { Code } from './vendor.ts'
import type { Webhook } from './webhooks.ts'

export interface AppState {
  appId: string
  deleted: boolean
  integrations: { _id: string; type: string }[]
}

export interface Sandbox extends AsyncDisposable {
  /** Address with the prefix, without a slash at the end. */
  readonly url: string
  /** Address without the prefix, for `/__sandbox`. */
  readonly origin: string
  readonly apps: AppState[]
  /** Requests so far, oldest first; a live array. */
  readonly requests: readonly RequestRecord[]
  /** May be changed at any time. */
  readonly switches: Switches
  clearRequests(): void
  /** Those that requests can still meet. */
  readonly faults: readonly Fault[]
  fault(fault: Fault): void
  clearFaults(): void
  /** Back to the start: users, apps, webhooks and switches; faults and requests are dropped. */
  reset(): void
  users(): { appId: string; appUser: ShownUser }[]
  /** By either name; a copy in the vendor's shape. */
  user(appId: string, id: string): ShownUser | undefined
  createUser(appId: string, person?: NewPerson): ShownUser
  addClient(appId: string, id: string, client: NewClient): Client
  addBusinessSystem(appId: string, id: string, system: Person['businessSystems'][number]): void
  addWebhook(appId: string, webhook: WebhookOptions): Webhook
  /** The id of the app's first integration of a type. */
  integration(appId: string, type: string): string | undefined
  /** Confirms a link, by default the oldest; false when nothing is pending. */
  confirmLink(appId: string, id: string, clientId?: string): boolean
  failLink(appId: string, id: string, why?: { id?: string; message?: string }): boolean
  /** The user of an auth code or link request code, which is used up. */
  redeem(code: string): Code | undefined
  close(): Promise<void>
}

type Steer = (sandbox: Sandbox, content: unknown, query: URLSearchParams) => unknown

function addFaults(sandbox: Sandbox, content: unknown) {
  const faults: Fault[] = (Array.isArray(content) ? content : [content]).map(checkFault)
  for (const fault of faults) sandbox.fault(fault)
  return { faults }
}

function settleLink(sandbox: Sandbox, content: unknown) {
  const body = objectOf(content)
  const appId = optionalText(body, 'appId') ?? sandbox.apps[0]!.appId
  const userId = requiredText(body, 'userId')
  const clientId = optionalText(body, 'clientId')
  const message = optionalText(body, 'fail')
  const settled =
    message === undefined
      ? sandbox.confirmLink(appId, userId, clientId)
      : sandbox.failLink(appId, userId, { message, ...(clientId && { id: clientId }) })
  if (!settled) throw new Refusal(404, { description: 'No link is pending' })
  return { appUser: sandbox.user(appId, userId) }
}

function requestsSince(sandbox: Sandbox, query: URLSearchParams) {
  const since = Number(query.get('since') ?? 0)
  if (!Number.isInteger(since)) throw badRequest('since must be a number')
  return { requests: sandbox.requests.filter(({ n }) => n > since) }
}

const steers: Record<string, Steer> = {
  'GET /__sandbox/requests': (sandbox, _, query) => requestsSince(sandbox, query),
  'DELETE /__sandbox/requests': (sandbox) => sandbox.clearRequests(),
  'POST /__sandbox/faults': addFaults,
  'DELETE /__sandbox/faults': (sandbox) => sandbox.clearFaults(),
  'POST /__sandbox/reset': (sandbox) => sandbox.reset(),
  'GET /__sandbox/users': (sandbox) => ({ users: sandbox.users() }),
  'GET /__sandbox/apps': (sandbox) => ({ apps: sandbox.apps }),
  'POST /__sandbox/confirm-link': settleLink,
}

async function reply(sandbox: Sandbox, request: IncomingMessage): Promise<Reply> {
  const { content, problem } = await readBody(request)
  // A page of another site reaches this machine too, by a call that it cannot read.
  if (!isOfThisMachine(request) || request.headers['sec-fetch-site'] === 'cross-site')
    throw new Refusal(403, { description: 'Only from this machine' })
  // Refused unless it is JSON: a page of another site can send a form, but not this type.
  if (problem && content !== undefined) throw problem
  const [path, search] = (request.url ?? '').split('?')
  const steer = steers[`${request.method} ${path}`]
  if (!steer) throw new Refusal(404)
  return { status: 200, body: steer(sandbox, content, new URLSearchParams(search)) ?? {} }
}

export const isSteering = (url = '') => url.startsWith('/__sandbox/')

export async function steer(sandbox: Sandbox, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, undefined, await reply(sandbox, request))
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500)
    send(response, undefined, { status: refusal.status, body: refusal.body })
  }
}
