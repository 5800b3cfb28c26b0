/** Subjects of a call: ids in path or body, `me` resolved, and whether they are the caller. */
import { faultIn } from '../contract/field-faults.ts'
import { newId, pathId, provableId } from '../contract/ids.ts'
import type { Operation } from '../contract/operation.ts'
import { Problem } from '../contract/problems.ts'
import { type BodyOf, channels } from '../contract/schemas.ts'
import type { PolicySubject } from './decide.ts'

export interface Subject extends PolicySubject {
  readonly role: 'subject' | 'surviving' | 'discarded'
  /** userId or smoochId, as the caller wrote it; for `me` the session's userId. */
  readonly id: string
}

interface Own {
  readonly userId?: string | undefined
}

type IsSelf = (id: string) => boolean

/** The decoded path parameters, proved to be an id and a known channel. `me` is resolved. */
export const checkParams = (
  operation: Operation,
  raw: Readonly<Record<string, string | string[] | undefined>>,
  session: Own,
): Record<string, string> => {
  const { userId, channel } = raw
  const params: Record<string, string> = {}
  if (typeof channel === 'string' && operation.path.includes(':channel')) {
    if (!(channels as readonly string[]).includes(channel))
      throw faultIn('path', ['channel'], `must be one of ${channels.join(', ')}`, {
        detail: `channel must be one of ${channels.join(', ')}.`,
      })
    params['channel'] = channel
  }
  if (typeof userId === 'string') params['userId'] = userId === 'me' ? ownId(session) : pathId(userId)
  return params
}

const ownId = ({ userId }: Own): string => {
  if (userId === undefined) throw new Problem('no_app_user')
  return userId
}

/** The persons that the call is about. */
export const subjectsOf = (
  operation: Operation,
  params: Readonly<Record<string, string>>,
  body: unknown,
  isSelf: IsSelf,
): readonly [Subject, ...Subject[]] => {
  const subject = (role: Subject['role'], id: string): Subject => ({ role, id, self: isSelf(id) })
  if (operation.subject === 'both') {
    const { surviving, discarded } = body as BodyOf<'AppUserMerge'>
    return [subject('surviving', provableId(surviving._id)), subject('discarded', provableId(discarded._id))]
  }
  if (operation.subject === 'body') return [subject('subject', newId((body as BodyOf<'AppUserPreCreate'>).userId))]
  return [subject('subject', params['userId']!)]
}
