/** TABLE: the vendor's paths below an app and what each does, written from its description and not
 * from the gateway's table, on purpose. */
import { createWebhook, deleteApp, deleteWebhook, getWebhook, listWebhooks } from './operations/app.ts'
import type { Operation } from './operations/call.ts'
import { businessSystems, entityIds, unlink } from './operations/channels.ts'
import { authCode, linkRequests } from './operations/codes.ts'
import { postImage } from './operations/images.ts'
import { link } from './operations/link.ts'
import { mergeUsers } from './operations/merge.ts'
import { clearProfile, get, preCreate, remove, update } from './operations/users.ts'
import { badRequest } from './refusal.ts'

type Takes = 'json' | 'form' | undefined

// biome-ignore format: a table is read down its columns
const routes: readonly (readonly [operation: string, method: string, path: string, run: Operation, takes?: Takes])[] = [
  ['pre_create_app_user',              'POST',   'appusers',                           preCreate,       'json'],
  ['merge_users',                      'POST',   'appusers/merge',                     mergeUsers,      'json'],
  ['get_app_user',                     'GET',    'appusers/:userId',                   get],
  ['update_app_user',                  'PUT',    'appusers/:userId',                   update,          'json'],
  ['delete_app_user',                  'DELETE', 'appusers/:userId',                   remove],
  ['delete_app_user_profile',          'DELETE', 'appusers/:userId/profile',           clearProfile],
  ['get_app_user_auth_code',           'GET',    'appusers/:userId/authcode',          authCode],
  ['get_app_user_business_system_ids', 'GET',    'appusers/:userId/businesssystems',   businessSystems],
  ['get_app_user_entity_ids',          'GET',    'appusers/:userId/channels',          entityIds],
  ['link_app_user',                    'POST',   'appusers/:userId/channels',          link,            'json'],
  ['unlink_app_user',                  'DELETE', 'appusers/:userId/channels/:channel', unlink],
  ['get_link_requests',                'GET',    'appusers/:userId/linkrequest',       linkRequests],
  ['post_image_message',               'POST',   'appusers/:userId/images',            postImage,       'form'],
  ['create_webhook',                   'POST',   'webhooks',                           createWebhook,   'json'],
  ['list_webhooks',                    'GET',    'webhooks',                           listWebhooks],
  ['get_webhook',                      'GET',    'webhooks/:webhookId',                getWebhook],
  ['delete_webhook',                   'DELETE', 'webhooks/:webhookId',                deleteWebhook],
  // What `DELETE …/appusers/..` becomes once somebody folds the dots.
  ['delete_app',                       'DELETE', '',                                   deleteApp],
]

const patterns = routes.map(([operation, method, path, run, takes]) => ({
  operation,
  method,
  run,
  takes,
  parts: path ? path.split('/') : [],
}))

export interface Match {
  operation: string
  run: Operation
  takes: Takes
  /** Undefined in the short form, where the credential implies the app. */
  appId: string | undefined
  params: Record<string, string | undefined>
  query: URLSearchParams
}

const decode = (segment: string) => {
  try {
    return decodeURIComponent(segment)
  } catch {
    throw badRequest('Malformed URI')
  }
}

/** `target` as it came: `.` and `..` are not folded. One slash at the end makes no difference. */
export function match(method: string, target: string, prefix: string): Match | undefined {
  const [path = '', ...search] = target.split('?')
  if (!path.startsWith(`${prefix}/v1.1/`)) return undefined
  const segments = path.slice(`${prefix}/v1.1/`.length).split('/')
  if (segments.at(-1) === '') segments.pop()
  const long = segments[0] === 'apps' && segments.length > 1
  const rest = long ? segments.slice(2) : segments
  for (const { operation, parts, run, takes, method: its } of patterns) {
    const fits =
      its === method && parts.length === rest.length && parts.every((part, i) => (part.startsWith(':') ? rest[i] : part === rest[i]))
    if (!fits || (operation === 'delete_app' && !long)) continue
    const params = parts.flatMap((part, i) => (part.startsWith(':') ? [[part.slice(1), decode(rest[i]!)]] : []))
    return {
      operation,
      run,
      takes,
      appId: long ? decode(segments[1]!) : undefined,
      params: Object.fromEntries(params),
      query: new URLSearchParams(search.join('?')),
    }
  }
  return undefined
}
