/** A copy of a user as it lies in the cache: the text that the person's own front end is given, then the whole user for everybody else. So the read that every page makes parses nothing. */
import type { AnswerOf } from '../schemas.ts'
import type { Ring } from '../session/keys.ts'
import { open, seal } from './seal.ts'

export type User = AnswerOf<'AppUserResponse'>

export interface Copy {
  /** JSON, as the person may see it. */
  readonly shown: string
  /** The whole user; parsed when somebody asks. */
  readonly body: () => User
}

/** To be raised when the text or what persons may see changes: copies of before are then no copies any more. */
const version = 2

/** JSON has no line breaks of its own. */
const between = '\n'

const nobody = 'null'

const fromText = (text: string): Copy => {
  const end = text.indexOf(between)
  return {
    shown: text.slice(0, end),
    body: () => JSON.parse(text.slice(end + 1)) as User,
  }
}

/** `show` gives what a person may see of the own user. */
export const createCopies = (peppers: Ring, show: (user: User) => unknown) => {
  const place = (cell: string): string => `copy${version}|${cell}`
  return {
    of: (body: User): Copy => ({ shown: JSON.stringify(show(body)), body: () => body }),
    seal: (cell: string, copy: Copy): string =>
      seal(peppers, place(cell), copy.shown + between + JSON.stringify(withoutDeviceSecrets(copy.body()))),
    sealNobody: (cell: string): string => seal(peppers, place(cell), nobody),
    /** Null stands for "there is no such user"; undefined when it cannot be opened here. */
    open: (cell: string, sealed: string | undefined): Copy | null | undefined => {
      const text = sealed && open(peppers, place(cell), sealed)
      if (!text) return undefined
      return text === nobody ? null : fromText(text)
    },
  }
}

const withoutDeviceSecrets = (body: User): User => {
  const clean = (list: User['appUser']['clients']) => list?.map(({ pushNotificationToken: _, ...client }) => client)
  const { clients, pendingClients, ...user } = body.appUser
  return {
    ...body,
    appUser: { ...user, ...(clients && { clients: clean(clients) }), ...(pendingClients && { pendingClients: clean(pendingClients) }) },
  }
}
