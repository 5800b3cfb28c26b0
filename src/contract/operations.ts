/** TABLE: the vendor's thirteen AppUser operations, one row each. Routes, policy, limits, checks,
 * documents and clients are derived from it. */
import { guarded, type Operation, type Row, read, reveal, write } from './operation.ts'

// biome-ignore format: a table is read down its columns
const rows = {
  get_app_user:                     read   ('GET',    '/appusers/:userId',                   { by: ['self', 'agent', 'admin'], cache: 'store',      returns: 'AppUserResponse' }),
  get_app_user_entity_ids:          read   ('GET',    '/appusers/:userId/channels',          { by: ['self', 'agent', 'admin'],                      returns: 'AppUserChannelsResponse' }),
  get_app_user_business_system_ids: read   ('GET',    '/appusers/:userId/businesssystems',   { by: ['agent', 'admin'],                              returns: 'AppUserBusinessSystemsResponse' }),
  get_app_user_auth_code:           reveal ('GET',    '/appusers/:userId/authcode',          { by: ['self', 'service'],                             returns: 'AuthCodeResponse' }),
  get_link_requests:                reveal ('GET',    '/appusers/:userId/linkrequest',       { by: ['self', 'service'],                             returns: 'LinkRequestResponse', query: ['integrationIds'] }),
  pre_create_app_user:              write  ('POST',   '/appusers',                           { by: ['agent', 'admin'],         cache: 'invalidate', returns: 'AppUserResponse', status: 201, takes: 'AppUserPreCreate', subject: 'body' }),
  update_app_user:                  write  ('PUT',    '/appusers/:userId',                   { by: ['self', 'agent', 'admin'], cache: 'invalidate', returns: 'AppUserResponse', takes: 'AppUserUpdate' }),
  post_image_message:               write  ('POST',   '/appusers/:userId/images',            { by: ['self', 'agent', 'admin'],                      returns: 'MessageResponse', status: 201, takes: 'ImageUpload' }),
  link_app_user:                    guarded('POST',   '/appusers/:userId/channels',          { by: ['self', 'agent', 'admin'],                      returns: 'AppUserResponse', takes: 'AppUserLink', immediate: ['admin'] }),
  unlink_app_user:                  guarded('DELETE', '/appusers/:userId/channels/:channel', { by: ['self', 'agent', 'admin'],                      returns: 'Empty' }),
  delete_app_user_profile:          guarded('DELETE', '/appusers/:userId/profile',           { by: ['admin'],                                       returns: 'AppUserResponse' }),
  delete_app_user:                  guarded('DELETE', '/appusers/:userId',                   { by: ['admin'],                                       returns: 'Empty', removes: 'subject' }),
  merge_users:                      guarded('POST',   '/appusers/merge',                     { by: ['admin'],                                       returns: 'Empty', takes: 'AppUserMerge', subject: 'both', removes: 'discarded' }),
} as const satisfies Record<string, Row>

export type OperationId = keyof typeof rows

export const operations = Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, { id, ...row }])) as unknown as {
  readonly [Id in OperationId]: (typeof rows)[Id] & { readonly id: Id }
}

type IdsOf<Level extends Row['journal']> = { [Id in OperationId]: (typeof rows)[Id]['journal'] extends Level ? Id : never }[OperationId]

/** Operations whose calls leave events. */
export type RecordedId = IdsOf<'recorded' | 'guarded'>
export type GuardedId = IdsOf<'guarded'>

/** All rows, in the order of the table. */
export const all: readonly Operation[] = Object.values(operations)
