/** The vendor's webhooks, of changes made elsewhere. Parsed leniently; repeats do no harm. */

import { createHash, timingSafeEqual } from 'node:crypto'
import type { Request, Router } from 'express'
import { z } from 'zod'
import type { Secret } from '../../config/secret.ts'
import { bothOf, type Invalidation } from '../cache/invalidation.ts'
import { type Name, namesOf } from '../cache/keys.ts'
import { faultIn } from '../contract/field-faults.ts'
import { looksLikeSmoochId } from '../contract/ids.ts'
import { Problem } from '../contract/problems.ts'
import { addLogFields } from '../http/access-log.ts'
import { type Endpoints, json } from '../http/endpoint.ts'
import { type Authorization, type CheckedRequest, handledRoutes } from '../http/endpoint-handler.ts'
import type { Attempt } from '../http/rate-limit.ts'
import { readBytes } from '../http/request/body.ts'
import { forEachConcurrent } from '../platform/concurrency.ts'
import type { Removal, Removals } from './removals.ts'

interface WebhookApp {
  /** A comma list while it is being changed; absent until the webhook has been registered. */
  readonly webhookSecret?: Secret | undefined
}

/** Events after which a stored user may look different; v1.1 has none for the profile. */
export const triggers = [
  'appUser:delete',
  'merge:appUser',
  'client:add',
  'client:remove',
  'link:match',
  'link:success',
  'link:failure',
  'conversation:start',
] as const

const maxBytes = 1_000_000

/** People of one delivery: those who are under way together share commits and round trips, and a
 * guarded call waits for no more than them. */
const atOnce = 32

const Person = z.looseObject({ _id: z.string().optional().catch(undefined), userId: z.string().optional().catch(undefined) })
const persons = z
  .union([Person.transform((one) => [one]), z.array(Person.catch({}))])
  .optional()
  .catch(undefined)
const Event = z.looseObject({ trigger: z.string().catch(''), appUser: persons, surviving: persons, discarded: persons })

const digest = (text: string) => createHash('sha256').update(text).digest()

/** All live secrets are compared, so that the time taken reveals nothing. */
const isSecret = (secrets: Secret, given: string): boolean => {
  let found = false
  for (const secret of secrets.reveal().split(',')) if (timingSafeEqual(digest(secret.trim()), digest(given))) found = true
  return found
}

/** Of whatever type it says to be, and with members of any kind. */
const readEvent = async (req: Request): Promise<z.infer<typeof Event>> => {
  const body = await readBytes(req, { maxBytes })
  try {
    return Event.parse(JSON.parse(body.toString()))
  } catch (cause) {
    throw faultIn('body', [], 'is not a JSON object', { detail: 'The body is not a JSON object.', cause })
  }
}

const requireSecret = (app: WebhookApp | undefined, given: unknown): void => {
  // The vendor gives up on 400, 401, 404, and comes again on 503: a secret may be on its way.
  if (!app) throw new Problem('not_found')
  if (!app.webhookSecret) throw new Problem('webhook_not_ready')
  if (typeof given !== 'string' || !isSecret(app.webhookSecret, given)) throw new Problem('invalid_webhook_secret')
}

const hook = { path: '/webhooks/smooch/:appId', tag: 'Webhooks', lenientQuery: true } as const

export const webhookEndpoints = {
  probe_webhook: {
    ...hook,
    method: 'head',
    by: 'anyone',
    summary: 'The vendor asks whether somebody listens before it registers a webhook.',
    answers: { 200: { description: 'Yes' } },
    errors: [],
  },
  receive_webhook: {
    ...hook,
    method: 'post',
    by: 'webhook secret',
    summary: 'The vendor tells of a change that did not come through this service. Fields that are not known are passed over.',
    body: {
      required: true,
      content: json(z.looseObject({ trigger: z.string() }), { trigger: 'appUser:delete', appUser: { userId: 'cust-20481' } }),
      read: readEvent,
    },
    answers: { 200: { description: 'Heard', content: json(z.object({}), {}) } },
    errors: [400, 401, 404, 408, 413, 429, 503],
  },
} as const satisfies Endpoints

interface Parts {
  readonly apps: ReadonlyMap<string, WebhookApp>
  readonly invalidation: Pick<Invalidation, 'invalidate'>
  readonly removed: Removals
  readonly attempt: Attempt
}

export const webhookRoutes = ({ apps, invalidation, removed, attempt }: Parts): Router => {
  /** The app's secret, where the row asks for it. */
  const enter: Authorization<undefined>['enter'] = async ({ req, res, row: { by } }) => {
    if (by !== 'webhook secret') return
    addLogFields(res, { operation: 'webhook' })
    await attempt(req, res, () => requireSecret(apps.get(String(req.params['appId'])), req.headers['x-api-key']))
  }

  const receive = async ({ params, body: event, res }: CheckedRequest<typeof webhookEndpoints.receive_webhook, undefined>) => {
    const appId = params['appId']!
    const known = triggers.find((trigger) => trigger === event.trigger)
    addLogFields(res, { trigger: known ?? 'other' })
    if (known) await drop(appId, event)
    await remove(appId, event)
    return {}
  }

  const drop = async (appId: string, { trigger, appUser = [], surviving = [], discarded = [] }: z.infer<typeof Event>): Promise<void> => {
    const final = trigger === 'appUser:delete' || trigger === 'merge:appUser'
    await forEachConcurrent(atOnce, [...appUser, ...surviving, ...discarded], async ({ _id, userId }) => {
      const names: Name[] = [...(userId ? namesOf(userId) : []), ...(_id ? namesOf(_id) : [])]
      try {
        await invalidation.invalidate(appId, { names, both: _id ? bothOf(_id, userId) : undefined }, final ? _id : undefined)
      } catch (cause) {
        throw new Problem('session_store_unavailable', { cause, headers: { 'Retry-After': '5' } })
      }
    })
  }

  const remove = async (app: string, { trigger, appUser = [], surviving = [], discarded = [] }: z.infer<typeof Event>): Promise<void> => {
    if (trigger !== 'appUser:delete' && trigger !== 'merge:appUser') return
    const gone = new Map<string, Removal['gone']>()
    for (const { _id, userId } of trigger === 'appUser:delete' ? appUser : discarded)
      if (_id !== undefined && looksLikeSmoochId(_id)) gone.set(_id, { _id, userId })
    await forEachConcurrent(atOnce, gone.values(), (one) => removed({ app, trigger, gone: one, surviving: surviving[0] }))
  }

  return handledRoutes(webhookEndpoints, { enter }, { probe_webhook: async () => undefined, receive_webhook: receive })
}
