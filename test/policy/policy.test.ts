import { describe, expect, test } from '@jest/globals'
import type { Caller, Operation, Role } from '../../src/contract/operation.ts'
import { all, operations } from '../../src/contract/operations.ts'
import type { Problem } from '../../src/contract/problems.ts'
import { decide, type PolicyActor, requireImageRole } from '../../src/policy/decide.ts'
import { project } from '../../src/policy/visible-fields.ts'
import { requireFields } from '../../src/policy/writable-fields.ts'

const now = 1_800_000_000_000
const actor = (roles: Role[], more: Partial<PolicyActor> = {}): PolicyActor => ({ roles, kind: 'bearer', authTime: now / 1000, ...more })
const outcome = <T>(run: () => T): T | string => {
  try {
    return run()
  } catch (error) {
    return (error as Problem).code
  }
}
const verdict = (who: PolicyActor, operation: Operation, ...self: boolean[]) =>
  outcome(() =>
    decide(
      who,
      operation,
      self.map((it) => ({ self: it })),
      now,
    ),
  )

describe('decide', () => {
  test.each(all.map((row) => [row.id, row] as const))('%s: each role alone gets what the table says, and nothing else', (_id, row) => {
    const roles: Role[] = ['user', 'agent', 'admin', 'auditor', 'service']
    for (const role of roles) {
      for (const self of [true, false]) {
        const caller: Caller | 'auditor' = role === 'user' ? 'self' : role
        const named = (row.by as readonly string[]).includes(caller)
        const expected = !named ? 'forbidden' : caller === 'self' && !self ? 'user_not_found' : caller
        expect([role, self, verdict(actor([role]), row, self)]).toEqual([role, self, expected])
      }
    }
  })

  test('roles do not nest, and several are as wide as the widest that the row names', () => {
    expect(verdict(actor(['user', 'agent']), operations.get_app_user, true)).toBe('agent')
    expect(verdict(actor(['user', 'agent']), operations.get_app_user, false)).toBe('agent')
    expect(verdict(actor(['agent', 'admin']), operations.get_app_user_auth_code, false)).toBe('forbidden')
    expect(verdict(actor([]), operations.get_app_user, true)).toBe('forbidden')
  })

  test('one foreign subject among own ones is foreign', () => {
    expect(verdict(actor(['user']), { ...operations.merge_users, by: ['self'] }, true, false)).toBe('user_not_found')
  })

  test('a sign-in of exactly 15 minutes ago is recent enough, a second more is not', () => {
    const at = (ago: number, kind: PolicyActor['kind'] = 'cookie') =>
      verdict(actor(['admin'], { kind, authTime: now / 1000 - ago }), operations.delete_app_user, false)
    expect([at(900), at(901), at(901, 'service')]).toEqual(['admin', 'step_up_required', 'admin'])
  })
})

describe('field rules', () => {
  const put = (caller: Caller, body: object) =>
    outcome(() => requireFields(caller, operations.update_app_user, body, { selfProperties: ['language'] }))
  test('an end user writes names, e-mail and listed properties only', () => {
    expect(put('self', { givenName: 'A', surname: 'B', email: 'c', properties: { language: 'fr' } })).toBeUndefined()
    for (const body of [
      { signedUpAt: 'x' },
      { avatarUrl: 'x' },
      { properties: { plan: 'gold' } },
      { properties: { language: 'fr', __x: 1 } },
    ])
      expect(put('self', body)).toBe('field_not_allowed')
    expect(put('agent', { signedUpAt: 'x', properties: { plan: 'gold' } })).toBeUndefined()
  })

  test('an end user writes nothing of a body that the table gives no fields', () => {
    for (const operation of [operations.pre_create_app_user, operations.merge_users])
      expect([
        outcome(() => requireFields('self', operation, { userId: 'x' }, { selfProperties: [] })),
        outcome(() => requireFields('admin', operation, { userId: 'x' }, { selfProperties: [] })),
      ]).toEqual(['field_not_allowed', undefined])
  })

  test('an immediate link is for admins', () => {
    const link = (caller: Caller) =>
      outcome(() =>
        requireFields(caller, operations.link_app_user, { type: 'twilio', confirmation: { type: 'immediate' } }, { selfProperties: [] }),
      )
    expect([link('self'), link('agent'), link('admin'), link('service')]).toEqual([
      'field_not_allowed',
      'field_not_allowed',
      undefined,
      'field_not_allowed',
    ])
  })

  test("an image's role is the session's", () => {
    const image = (who: PolicyActor, caller: Caller, self: boolean, role: string) =>
      outcome(() => requireImageRole(who, caller, { self }, role))
    expect(image(actor(['user']), 'self', true, 'appUser')).toBeUndefined()
    expect(image(actor(['user']), 'self', true, 'appMaker')).toBe('role_mismatch')
    expect(image(actor(['agent']), 'agent', false, 'appMaker')).toBeUndefined()
    expect(image(actor(['agent']), 'agent', false, 'appUser')).toBe('role_mismatch')
    expect(image(actor(['agent'], { kind: 'service' }), 'agent', false, 'appUser')).toBeUndefined()
  })
})

describe('projection', () => {
  const client = { id: '1', platform: 'ios', pushNotificationToken: 'device-secret', raw: { city: 'X' }, info: { os: 'Y' }, future: 1 }
  const body = { appUser: { _id: 'a', properties: {}, conversationStarted: true, clients: [client], pendingClients: [client], future: 2 } }
  test('a device secret is for nobody, raw and info are for staff, and unknown keys pass', () => {
    const shown = (caller: Caller) => JSON.stringify(project(operations.get_app_user, caller, body))
    for (const caller of ['self', 'agent', 'admin', 'service'] as const) {
      expect(shown(caller)).not.toContain('device-secret')
      expect(shown(caller).match(/future/g)).toHaveLength(3)
    }
    expect(shown('self')).not.toMatch(/raw|info/)
    expect(shown('agent').match(/"raw"/g)).toHaveLength(2)
  })

  test('every other name passes at every depth, whatever it is', () => {
    const clients = JSON.parse('[{"__proto__":{"raw":1,"a":[{"info":2,"constructor":3}]},"raw":4}]')
    const { appUser } = project(operations.get_app_user, 'self', { appUser: { ...body.appUser, clients } }) as typeof body
    expect(JSON.stringify(appUser.clients)).toBe('[{"__proto__":{"a":[{"constructor":3}]}}]')
  })
})
