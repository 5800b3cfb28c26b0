/** Rows that all pages on the same search share: a thousand that hear of one event are rendered for
 * about once. A page that asks after an event sees it, since the log tells its size each time. */
import { createSharedRuns } from '../../platform/concurrency.ts'
import { withTimeout } from '../../platform/deadline.ts'

/** Ages, alerts and the state of the gate change without an event. */
const freshMs = 1_000
const sizeMs = 500
const maxSearches = 100

interface Rendered {
  /** Size of the log before they were read. */
  readonly size: number
  readonly at: number
  readonly rows: string
}

export const createRenderedRows = (sizeOfLog: () => Promise<number>) => {
  const rendered = new Map<string, Rendered>()
  const runs = createSharedRuns<string>()
  const sizes = createSharedRuns<number>()
  const sizeNow = async (): Promise<number | undefined> => {
    const size = await withTimeout(sizeMs, sizes('', sizeOfLog)).catch(() => undefined)
    return typeof size === 'number' ? size : undefined
  }
  return async (search: string, render: () => Promise<string>): Promise<string> => {
    const size = await sizeNow()
    const known = rendered.get(search)
    if (size !== undefined && known?.size === size && performance.now() - known.at < freshMs) return known.rows
    return await runs(search, async () => {
      // A journal that has just not said its size is not waited for twice.
      const before = size === undefined ? undefined : await sizeNow()
      const rows = await render()
      if (rendered.size >= maxSearches) rendered.clear()
      if (before !== undefined) rendered.set(search, { size: before, at: performance.now(), rows })
      return rows
    })
  }
}
