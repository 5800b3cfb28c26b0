/** The share of one person or program of the places for images, which a slow sender holds for up to
 * a minute: alone it could take them all. */
import { Problem } from '../contract/problems.ts'
import { limitConcurrency, NoTurn } from '../platform/concurrency.ts'
import { bearerOf, type Session } from '../session/record.ts'

/** Of the places for images in `src/upstream/bulkhead.ts`; a program uploads for many people. */
const imageShares = { person: 16, program: 64 } as const

type Sender = keyof typeof imageShares

export const createUploadShares = () => {
  const share = (maxPerCaller: number) => limitConcurrency({ max: Number.POSITIVE_INFINITY, maxPerCaller, maxWaitMs: 0 })
  const shares: Readonly<Record<Sender, ReturnType<typeof share>>> = {
    person: share(imageShares.person),
    program: share(imageShares.program),
  }

  /** Runs the work, or throws `too_many_requests` before a byte is read. */
  return async <T>(session: Pick<Session, 'app' | 'kind' | 'place'>, work: () => Promise<T>): Promise<T> => {
    const sender: Sender = bearerOf(session)
    return await shares[sender](`${session.app} ${session.place.tag}`, work).catch((error: unknown) => {
      if (!(error instanceof NoTurn)) throw error
      throw new Problem('too_many_requests', {
        cause: error,
        limit: 'uploads-at-once',
        outcome: 'not_sent',
        detail: `You may have ${imageShares[sender]} uploads under way at once; wait until one has ended.`,
        headers: { 'Retry-After': '2' },
      })
    })
  }
}
