/** Sessions as their identity provider names them, for its logout tokens. Times are compared within one clock: ours, by which we began the sign-in, or the provider's, which signed both tokens. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import type { People } from './people.ts'
import { openListed, type ProviderSession } from './record.ts'
import { withAvailability } from './store/availability.ts'
import type { SessionStore } from './store/contract.ts'

type Entry = ReturnType<typeof openListed>[number]

/** By `sub` all sessions of a provider's user, by `sid` one session at the provider, by both what fits both. */
export interface ProviderLogout extends Pick<ProviderSession, 'issuer'>, Partial<Pick<ProviderSession, 'sub' | 'sid'>> {
  /** When it was said, in seconds of the provider's clock. */
  readonly saidAt: number
}

const keysOf = (peppers: KeyRing, { issuer, sub, sid }: Partial<ProviderSession>) => {
  const under = (...names: readonly (string | undefined)[]): string[] =>
    peppers().map(({ secret }) => keyedName(secret, 'provider', ...([issuer, ...names] as string[])))
  return {
    sub: sub === undefined ? [] : under('sub', sub),
    sid: sid === undefined ? [] : under('sid', sid),
    both: sub === undefined || sid === undefined ? [] : under('both', sub, sid),
    // Of a session whose sid the provider never told: a logout of any session of that user may mean it.
    unnamed: sub === undefined ? [] : under('no sid', sub),
  }
}

const keysOfSession = (peppers: KeyRing, session: ProviderSession): string[][] => {
  const { sub, sid, both, unnamed } = keysOf(peppers, session)
  return session.sid === undefined ? [sub, unnamed] : [sub, sid, both]
}

const keysOfLogout = (peppers: KeyRing, named: ProviderLogout): string[] => {
  const { sub, sid, both, unnamed } = keysOf(peppers, named)
  if (named.sid === undefined) return sub
  return named.sub === undefined ? sid : [...both, ...unnamed]
}

/** The lists on which a session stands, under the newest pepper. */
export const providerListsOf = (peppers: KeyRing, session: ProviderSession): string[] =>
  keysOfSession(peppers, session).map(([newest]) => newest!)

export const createProviderSessions = ({ store, peppers, people }: { store: SessionStore; peppers: KeyRing; people: People }) => {
  const signedOut = async (key: string) => {
    const [at, saidAt] = await Promise.all([
      withAvailability(store.readMark(key, 'gone')),
      withAvailability(store.readMark(key, 'signedOut')),
    ])
    return at === undefined ? [] : [{ at: Number(at), saidAt: Number(saidAt ?? Math.ceil(Number(at) / 1000)) }]
  }

  /** Judged by what is listed of it now: after a step-up it stands on a later proof, perhaps on another session there. */
  const endMeant = async (found: Entry, { sid, saidAt }: ProviderLogout): Promise<boolean> => {
    const all = openListed(peppers, await withAvailability(store.list(found.entry.tag)))
    const { entry } = all.find((it) => it.sid === found.sid) ?? found
    const proved = (entry.provedAt ?? 0) > saidAt
    const elsewhere = sid !== undefined && entry.providerSid !== undefined && entry.providerSid !== sid
    return !proved && !elsewhere && (await people.endListed({ ...found, entry }))
  }

  return {
    /** Ends what a logout token names, and tells how many sessions that were. Who proved it is them after the logout was said stays: a delivery may come late, or again. */
    end: async (named: ProviderLogout): Promise<number> => {
      const keys = keysOfLogout(peppers, named)
      // First the mark, then the list: a sign-in that is under way sees the one or is seen in the other.
      await Promise.all(keys.map((key) => withAvailability(store.markSignedOut(key, named.saidAt))))
      const listed = (await Promise.all(keys.map((key) => withAvailability(store.list(key))))).flat()
      return (await Promise.all(openListed(peppers, listed).map((it) => endMeant(it, named)))).filter(Boolean).length
    },

    /** True when the provider has ended what a new session stands on: it neither began with us (milliseconds of the store's clock) nor was proved there after that. */
    ended: async (session: ProviderSession, beganMs = 0): Promise<boolean> => {
      const marks = (await Promise.all(keysOfSession(peppers, session).flat().map(signedOut))).flat()
      return marks.some(({ at, saidAt }) => beganMs <= at && !((session.provedAt ?? 0) > saidAt))
    },
  }
}

export type ProviderSessions = ReturnType<typeof createProviderSessions>
