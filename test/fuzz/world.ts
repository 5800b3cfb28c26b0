/** Who takes part: two persons whom the vendor knows, and a session of every kind. */
import type { Caller } from '../../src/contract/operation.ts'
import { appId, type Bff, type Carried } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'

interface Person {
  readonly userId: string
  readonly smoochId: string
}

export interface Who {
  readonly name: string
  readonly headers: Carried
  /** What the session may be to a row; `self` for the own user alone. */
  readonly callers: readonly Caller[]
}

export interface World {
  readonly own: Person
  readonly other: Person
  /** What else the vendor calls whom it knows by this name at this moment. */
  readonly nameOf: (name: string) => readonly string[]
  readonly who: readonly Who[]
}

/** Sessions in the order of `who`. */
export const whoCount = 9

export const makeWorld = async (bff: Bff, round: number): Promise<World> => {
  const person = (name: string): Person => {
    const userId = `${name}-${round}`
    return { userId, smoochId: bff.sandbox.createUser(appId, { userId, givenName: 'A', clients: [{ platform: 'twilio' }] })._id }
  }
  const [own, other] = [person('own'), person('other')]
  const bearer = await bff.signIn({ userId: own.userId })
  const cookie = await bff.signIn({ userId: own.userId, kind: 'cookie' })
  const staff = (role: 'agent' | 'admin' | 'auditor') => bff.signIn({ roles: [role], actor: { id: `${role}-${round}` } })
  return {
    own,
    other,
    nameOf: (name) => {
      const user = bff.sandbox.user(appId, name)
      return user ? [user._id, ...(user.userId ? [user.userId] : [])] : []
    },
    who: [
      { name: 'nobody', headers: {}, callers: [] },
      { name: 'user', headers: bearer, callers: ['self'] },
      { name: 'user by cookie', headers: cookie, callers: ['self'] },
      { name: 'cookie without its marks', headers: { cookie: cookie['cookie']! }, callers: [] },
      { name: 'agent', headers: await staff('agent'), callers: ['agent'] },
      { name: 'admin', headers: await staff('admin'), callers: ['admin'] },
      { name: 'auditor', headers: await staff('auditor'), callers: [] },
      {
        name: 'program',
        headers: await bff.signIn({ kind: 'service', roles: ['service'], actor: { id: `cron-${round}` } }),
        callers: ['service'],
      },
      { name: 'backend', headers: { authorization: `Bearer ${canaryServiceKey}` }, callers: [] },
    ],
  }
}

/** `own`, `ownId`, `other` and `otherId` stand for names of persons; anything else is a name as it is. */
export const nameIn = ({ own, other }: World, word: string): string => {
  const words = new Map([
    ['own', own.userId],
    ['ownId', own.smoochId],
    ['other', other.userId],
    ['otherId', other.smoochId],
  ])
  return words.get(word) ?? word
}

/** Every name of whoever is named. `me` is the own user for the user, and nobody for anybody else. */
export const namesOf = ({ own, nameOf }: World, { callers }: Who, name: string): readonly string[] => {
  if (name === 'me') return callers.includes('self') ? [own.userId, own.smoochId] : []
  return [name, ...nameOf(name)]
}
