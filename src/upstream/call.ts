/** One call to the vendor: what is asked, what comes of it, and the time that both have. */
import type { LimitClass, Operation, UnguardedOperation } from '../contract/operation.ts'
import type { Patience } from '../platform/deadline.ts'
import type { ImageForm } from '../uploads/image.ts'
import type { Deadline } from './sender.ts'

export interface UpstreamCall<O extends Operation = UnguardedOperation> {
  operation: O
  /** Decoded values. */
  params?: Record<string, string>
  query?: Readonly<Record<string, string>>
  /** Already checked; serialised anew here. */
  body?: unknown
  image?: ImageForm
  /** False keeps a `read` from being sent again; other rows never are. */
  retry?: boolean
  /** Whose places it takes towards the vendor; absent: those of its own class. */
  bulkhead?: LimitClass
  patience?: Patience | undefined
}

export interface UpstreamAnswer {
  status: number
  body: unknown
  /** How often something was sent. */
  calls: number
  durationMs: number
  /** The vendor's name for the call, by which its support finds it. */
  requestId?: string | undefined
}

export type AnyCall = UpstreamCall<Operation>

/** State shared by the sends of one call. */
export interface Sends {
  readonly deadline: Deadline
  /** When it falls, by the clock of `performance`. */
  readonly endsAt: number
  count: number
}

/** Within the time of its row; a read, also within the patience of its caller. */
export const withDeadline = async <T>(limit: number, call: AnyCall, work: (sends: Sends) => Promise<T>): Promise<T> => {
  const started = performance.now()
  const { until = Infinity, onGone }: Patience = (call.operation.effect === 'read' && call.patience) || {}
  const left = Math.min(limit, until - started)
  const deadline: Deadline = { over: false, cut: () => {} }
  const end = (dropped: boolean): void => {
    Object.assign(deadline, { over: true, dropped })
    deadline.cut()
  }
  const timer = setTimeout(end, Math.max(0, left), left < limit)
  onGone?.(() => end(true))
  try {
    return await work({ deadline, endsAt: started + left, count: 0 })
  } finally {
    clearTimeout(timer)
    call.image?.cancel()
  }
}
