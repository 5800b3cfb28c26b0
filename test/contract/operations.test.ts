/** The laws of the table, as sentences. */
import { describe, expect, test } from '@jest/globals'
import { answers } from '../../src/contract/answers.ts'
import { limitClass, pathParams } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import { bodies } from '../../src/contract/schemas.ts'
import { applyCallerOverrides } from '../../src/policy/caller-overrides.ts'

describe('the table of operations', () => {
  test('holds exactly the thirteen operations of the vendor', () => {
    expect(new Set(Object.keys(operations))).toEqual(
      new Set([
        'delete_app_user',
        'delete_app_user_profile',
        'get_app_user',
        'get_app_user_auth_code',
        'get_app_user_business_system_ids',
        'get_app_user_entity_ids',
        'get_link_requests',
        'link_app_user',
        'merge_users',
        'post_image_message',
        'pre_create_app_user',
        'unlink_app_user',
        'update_app_user',
      ]),
    )
  })

  test('names each method and path once', () => {
    expect(new Set(all.map(({ method, path }) => `${method} ${path}`)).size).toBe(all.length)
  })

  test.each(all.map((row) => [row.id, row] as const))('%s names its callers and known models', (_id, row) => {
    expect(row.by.length).toBeGreaterThan(0)
    expect(answers).toHaveProperty(row.returns)
    if (row.takes) expect(bodies).toHaveProperty(row.takes)
    for (const param of pathParams(row)) expect(['userId', 'channel']).toContain(param)
  })

  test('only reads are stored', () => {
    for (const row of all) if (row.cache === 'store') expect(row.effect).toBe('read')
  })

  test('whatever changes a user invalidates it', () => {
    for (const row of all)
      if ((row.effect === 'write' && row.returns === 'AppUserResponse') || row.effect === 'guarded') expect(row.cache).toBe('invalidate')
  })

  test('whatever destroys is guarded by the journal, and whatever is guarded destroys or may merge', () => {
    expect(all.filter(({ journal }) => journal === 'guarded').map(({ id }) => id)).toEqual([
      'link_app_user',
      'unlink_app_user',
      'delete_app_user_profile',
      'delete_app_user',
      'merge_users',
    ])
    for (const row of all) if (row.method === 'DELETE') expect(row.journal).toBe('guarded')
  })

  test('codes are revealed to nobody but their owner and programs', () => {
    for (const row of all)
      if (row.effect === 'reveal') expect([row.by, row.cache, limitClass(row)]).toEqual([['self', 'service'], 'never', 'codes'])
  })

  test('a deployment may narrow and widen callers, but not to what a row cannot mean', () => {
    expect(applyCallerOverrides(all, 'delete_app_user=admin+agent').find(({ id }) => id === 'delete_app_user')?.by).toEqual([
      'admin',
      'agent',
    ])
    expect(() => applyCallerOverrides(all, 'merge_users=admin,merge_users=agent')).toThrow('merge_users is there twice')
    expect(() => applyCallerOverrides(all, 'merge_users=admin=agent')).toThrow('"admin=agent" is not one of')
    expect(() => applyCallerOverrides(all, 'merge_users=self')).toThrow('end users cannot be given this operation')
    expect(() => applyCallerOverrides(all, 'delete_user=admin,get_app_user=root')).toThrow(
      'delete_user is not one of the operations; get_app_user: "root" is not one of',
    )
  })
})
