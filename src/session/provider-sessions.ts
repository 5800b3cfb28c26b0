/** Sessions as their identity provider names them, for its logout tokens. The count of logouts
 * orders sign-ins and logouts; other times are the provider's, which signed both tokens. */
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import type { ProviderSession } from './record.ts'
import { openListed } from './seal.ts'
import type { SessionStore } from './store/session-store.ts'

type Entry = ReturnType<typeof openListed>[number]

/** `sub` names all sessions of a provider's user, `sid` one of them; both: that one, if theirs. */
interface ProviderLogout extends Pick<ProviderSession, 'issuer'>, Partial<Pick<ProviderSession, 'sub' | 'sid'>> {
  /** Time of the logout in seconds, by the provider's clock. */
  readonly saidAt: number
}

/** A sign-in with us: how many logouts had been heard by then, and the store's time. */
export interface Beginning {
  readonly logouts: number
  readonly startedMs: number
}

const keysOf = (peppers: KeyRing, { issuer, sub, sid }: Partial<ProviderSession>) => {
  const under = (...names: readonly (string | undefined)[]): string[] =>
    peppers().map((pepper) => keyedName(pepper, 'provider', ...([issuer, ...names] as string[])))
  return {
    sub: sub === undefined ? [] : under('sub', sub),
    sid: sid === undefined ? [] : under('sid', sid),
    both: sub === undefined || sid === undefined ? [] : under('both', sub, sid),
    // Key of sessions without a sid: a logout of any session of that user may mean them.
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

/** Keys of the lists that hold the session, under the newest pepper. */
export const providerListsOf = (peppers: KeyRing, session: ProviderSession): string[] =>
  keysOfSession(peppers, session).map(([newest]) => newest!)

interface Parts {
  readonly store: SessionStore
  readonly peppers: KeyRing
  readonly people: { readonly endListed: (session: Entry) => Promise<boolean> }
}

export const createProviderSessions = ({ store, peppers, people }: Parts) => {
  const signedOut = async (key: string) => {
    const [at, heard, saidAt] = await Promise.all((['gone', 'heard', 'signedOut'] as const).map((mark) => store.readMark(key, mark)))
    // A replica of an earlier version counts none.
    return at === undefined ? [] : [{ at: Number(at), heard: heard === undefined ? undefined : Number(heard), saidAt: Number(saidAt) }]
  }

  /** Judged by what is listed now: after a step-up it stands on a later proof. */
  const endMeant = async (found: Entry, { sid, saidAt }: ProviderLogout): Promise<boolean> => {
    const all = openListed(peppers, await store.list(found.entry.tag))
    const { entry } = all.find((it) => it.sid === found.sid) ?? found
    const proved = (entry.provedAt ?? 0) > saidAt
    const elsewhere = sid !== undefined && entry.providerSid !== undefined && entry.providerSid !== sid
    return !proved && !elsewhere && (await people.endListed({ ...found, entry }))
  }

  return {
    /** Ends the sessions that a logout token names; returns how many. Sessions proved after the
     * logout stay, since a delivery may come late or again. */
    end: async (named: ProviderLogout): Promise<number> => {
      const keys = keysOfLogout(peppers, named)
      // The mark before the list: a sign-in under way sees the one, or is seen in the other.
      const heard = await store.addLogout()
      await Promise.all(keys.map((key) => store.markSignedOut(key, { heard, saidAt: named.saidAt })))
      const listed = (await Promise.all(keys.map((key) => store.list(key)))).flat()
      return (await Promise.all(openListed(peppers, listed).map((it) => endMeant(it, named)))).filter(Boolean).length
    },

    /** How many logouts have been heard. */
    logouts: (): Promise<number> => store.logouts(),

    /** True when the provider has ended the session: it neither began with us after the logout, nor
     * was proved there after it. */
    ended: async (session: ProviderSession, began: Beginning = { logouts: 0, startedMs: 0 }): Promise<boolean> => {
      const marks = (await Promise.all(keysOfSession(peppers, session).flat().map(signedOut))).flat()
      return marks.some(
        ({ at, heard, saidAt }) =>
          (heard === undefined ? began.startedMs <= at : began.logouts < heard) && !((session.provedAt ?? 0) > saidAt),
      )
    },
  }
}

export type ProviderSessions = ReturnType<typeof createProviderSessions>
