/** The one rule for sending again: only a `read`, at most two more times, with jitter, only where
 * the vendor did not answer or asked for patience, and within the retry budget of the app. */
import { retryAfter } from './headers.ts'
import { HTTPError, type Options } from './http-client.ts'
import type { Reply } from './result.ts'
import { Unanswered } from './sender.ts'

/** No 429: it pauses the whole app. */
const again = [502, 503, 504]
const maxRetries = 2
/** A longer `Retry-After` is the caller's to wait; ky would cap it and ask too early. */
const maxWaitSeconds = 2

const backoff = (attempt: number): number => 100 * 2 ** (attempt - 1)

type Rule = Required<Pick<Options, 'retry' | 'throwHttpErrors'>>

export const noRetry: Rule = { throwHttpErrors: false, retry: 0 }

/** Whether the vendor did not answer or asked for patience. */
export const isPassing = (reply: Reply): boolean => ('none' in reply ? reply.none === 'reset' : again.includes(reply.status))

interface Limits {
  /** How often something was sent, with another key too, this time included. */
  readonly count: number
  /** No try is begun that has no time left. */
  readonly endsAt: number
}

export const retryRule = ({ count, endsAt }: Limits, takeRetry: () => boolean): Rule => ({
  throwHttpErrors: (status) => again.includes(status),
  retry: {
    limit: maxRetries - Math.max(0, count - 2),
    methods: ['get'],
    statusCodes: again,
    afterStatusCodes: again,
    delay: backoff,
    jitter: true,
    shouldRetry: ({ error, retryCount }) => {
      const asked = error instanceof HTTPError ? retryAfter(error.response.headers.get('Retry-After')) : undefined
      const wait = asked === undefined ? backoff(retryCount) : asked * 1000
      if ((asked ?? 0) > maxWaitSeconds || performance.now() + wait >= endsAt) return false
      if (error instanceof Unanswered) return error.none === 'reset' && takeRetry()
      // Undefined, since ky takes true for a wait of its own, whatever Retry-After says.
      return takeRetry() ? undefined : false
    },
  },
})
