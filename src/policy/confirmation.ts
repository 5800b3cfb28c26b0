/** The message that asks a person to confirm a link: staff and programs bring their own, an end
 * user gets the one of this service. */
import { faultIn } from '../contract/field-faults.ts'
import type { Caller, Operation } from '../contract/operation.ts'
import type { BodyOf } from '../contract/schemas.ts'

type Link = BodyOf<'AppUserLink'>

/** The vendor takes these only with a message. */
const needsMessage = ({ type, confirmation }: Link): boolean => type === 'messenger' || confirmation.type === 'userActivity'

/** The body of a link as it is sent. Throws `bad_request` when a message is missing that must be
 * there. */
export const withConfirmation = (caller: Caller, operation: Operation, body: unknown, own: string | undefined): unknown => {
  if (operation.takes !== 'AppUserLink') return body
  const given = body as Link
  const message = { role: 'appMaker', type: 'text', text: own } as const
  const link = caller === 'self' && own !== undefined ? { ...given, confirmation: { ...given.confirmation, message } } : given
  if (needsMessage(link) && !link.confirmation.message)
    throw caller === 'self'
      ? faultIn('body', ['confirmation', 'type'], 'only prompt is open to you here, on a channel that has it.')
      : faultIn('body', ['confirmation', 'message'], 'is needed for messenger and for a confirmation by userActivity.')
  return link
}
