/** The people of an event: by the proved names, and by the name that was asked for where it is
 * neither. */
import { looksLikeSmoochId } from '../contract/ids.ts'
import type { Operation } from '../contract/operation.ts'
import type { Identified } from '../contract/schemas.ts'
import type { Person } from '../journal/event/compose.ts'
import { checkParams, type Subject } from '../policy/subjects.ts'

type AppUser = Identified['appUser']

interface Own {
  readonly userId?: string | undefined
}

/** Exact comparison with the names of the person. */
export const isNameOf = (id: string, { _id, userId }: AppUser): boolean => id === _id || id === userId

/** The person in an answer to this id, and the id when it is none of the names. */
export const namesIn = (role: Subject['role'], id: string, appUser: AppUser): Person[] => {
  const { _id, userId } = appUser
  const names = { ...(typeof userId === 'string' && { userId }), ...(looksLikeSmoochId(_id) && { smoochId: _id }) }
  return [{ role, ...names }, ...(isNameOf(id, appUser) ? [] : [{ role, userId: id }])]
}

/** The people as known before any read: the id of another user is only a name that was asked for. */
export const targetsOf = ({ userId }: Own, subjects: readonly Subject[]): Person[] =>
  subjects.map(({ role, id, self }) =>
    self && userId !== undefined && id !== userId ? { role, userId, smoochId: id } : { role, userId: id },
  )

/** An id that was asked for, by both kinds of name that it may be. */
export const namesAsked = (subjects: readonly Subject[]): Person[] =>
  subjects.map(({ role, id }) => ({ role, userId: id, ...(looksLikeSmoochId(id) && { smoochId: id.toLowerCase() }) }))

/** Before any check: the name in the path, if it can be one. */
export const namedIn = (operation: Operation, raw: Parameters<typeof checkParams>[1], session: Own): Person[] => {
  try {
    const { userId }: { userId?: string } = checkParams(operation, raw, session)
    return userId === undefined ? [] : [{ role: 'subject', userId }]
  } catch {
    return []
  }
}

/** By both names, as far as the answer tells them. */
export const targetsIn = (operation: Pick<Operation, 'returns'>, body: unknown, session: Own, subjects: readonly Subject[]): Person[] =>
  operation.returns === 'AppUserResponse'
    ? subjects.flatMap(({ role, id }) => namesIn(role, id, (body as Identified).appUser))
    : targetsOf(session, subjects)
