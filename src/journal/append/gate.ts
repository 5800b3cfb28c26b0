/** The gate: open while events can be stored. Closed, it tries again, later and later, until the
 * store is restored; guarded calls are refused meanwhile. */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage } from '../../platform/error-message.ts'

export interface GateStatus {
  readonly open: boolean
  readonly cause?: string
  readonly since?: string
}

interface Parts {
  readonly now: () => Date
  /** Rejects while the store cannot be used. */
  readonly restore: (closed: { readonly cause: string; readonly since: string }) => Promise<void>
  /** It was closed, or is open again. */
  readonly changed: () => void
}

const pausesMs = [100, 250, 500, 1000, 2000]

export const createGate = ({ now, restore, changed }: Parts) => {
  let cause: string | undefined
  let since = now().toISOString()
  /** Why it was closed again while it was being opened. */
  let renewed: string | undefined
  let recovering: Promise<void> | undefined
  const ending = new AbortController()
  const isOpen = (): boolean => cause === undefined && !ending.signal.aborted

  const recover = async (): Promise<void> => {
    for (let tries = 0; cause !== undefined; tries += 1) {
      // Ended early at the stop: nothing else keeps the process, which would end unclosed.
      await sleep(pausesMs[Math.min(tries, pausesMs.length - 1)], undefined, { ref: false, signal: ending.signal }).catch(() => {})
      if (ending.signal.aborted) return
      renewed = undefined
      try {
        await restore({ cause, since })
        cause = renewed
      } catch (error) {
        cause = errorMessage(error)
      }
    }
    changed()
  }

  return {
    isOpen,
    status: (): GateStatus => ({ open: isOpen(), ...(cause !== undefined && { cause, since }) }),
    close: (why: string): void => {
      if (ending.signal.aborted) return
      if (cause === undefined) {
        cause = why
        since = now().toISOString()
        changed()
      }
      if (recovering) renewed = why
      recovering ??= recover().finally(() => {
        recovering = undefined
      })
    },
    /** The attempt to open it again, while there is one. */
    recovering: (): Promise<void> | undefined => recovering,
    /** Closed for good: the process stops. */
    end: (): void => ending.abort(),
  }
}
