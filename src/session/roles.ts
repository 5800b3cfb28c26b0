/** Roles: which are staff's, and their changes during a session, a mark of the person that every
 * request reads. An old token may lose roles by it, never gain any. */
import { randomBytes } from 'node:crypto'
import type { Role } from '../contract/operation.ts'
import { opener } from '../crypto/decryption-memo.ts'
import type { KeyRing } from '../crypto/key-ring.ts'
import type { RolesMark } from './record.ts'
import { openFor, sealFor } from './seal.ts'

const staffRoles: readonly Role[] = ['agent', 'admin', 'auditor']

export const isStaffRole = (role: Role): boolean => staffRoles.includes(role)

export const sealRoles = (peppers: KeyRing, tag: string, roles: readonly Role[], at: number): string =>
  sealFor(peppers, 'roles', tag, { version: randomBytes(9).toString('base64url'), roles, at } satisfies RolesMark)

const opened = opener<RolesMark>()

/** A mark that cannot be opened leaves no role: better a new sign-in than roles that were taken. */
export const openRoles = (peppers: KeyRing, tag: string, mark: string | undefined): RolesMark | undefined =>
  mark === undefined
    ? undefined
    : (opened.read(peppers, tag, mark, () => openFor(peppers, 'roles', tag, mark) as RolesMark | undefined) ?? {
        version: 'unreadable',
        roles: [],
        at: 0,
      })

interface Holder {
  readonly roles: readonly Role[]
  readonly rolesVersion?: string | undefined
  readonly cap?: readonly Role[] | undefined
}

/** The roles that an older token still has. */
export const remainingRoles = ({ roles, rolesVersion }: Holder, mark: RolesMark | undefined): readonly Role[] =>
  mark === undefined || mark.version === rolesVersion ? roles : roles.filter((role) => mark.roles.includes(role))

/** The roles of an assertion made at `saidMs`; one from before the change gives back none. */
export const rolesSaid = (roles: readonly Role[], saidMs: number | undefined, mark: RolesMark | undefined): readonly Role[] =>
  saidMs === undefined || mark === undefined || saidMs > mark.at ? roles : remainingRoles({ roles }, mark)

/** The roles of a new token: those of the change, within the cap. A first staff role needs a
 * sign-in, since staff sessions are shorter. */
export const currentRoles = (
  { roles, rolesVersion, cap, staff = roles.some(isStaffRole) }: Holder & { readonly staff?: boolean },
  mark: RolesMark | undefined,
): readonly Role[] => {
  if (mark === undefined || mark.version === rolesVersion) return roles
  return mark.roles.filter((role) => (staff || !isStaffRole(role)) && (cap === undefined || cap.includes(role)))
}

/** For staff who are taken for nobody in particular. */
export const absenceOf = (rolesClaim: string): string =>
  `The identity provider did not send the claim ${rolesClaim}, by which roles are given here; operators find more in the log.`
