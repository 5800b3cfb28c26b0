/** A session store that tells how many sessions it issues and ends. */
import type { SessionStore } from './session-store.ts'

export interface SessionCounts {
  sessionIssued(how: 'new' | 'renewed'): void
  sessionEnded(how: 'single' | 'all'): void
}

export const countedStore = (store: SessionStore, { sessionIssued, sessionEnded }: SessionCounts): SessionStore => ({
  ...store,
  create: async (...asked) => {
    const times = await store.create(...asked)
    sessionIssued('new')
    return times
  },
  createFamily: async (...asked) => {
    const times = await store.createFamily(...asked)
    sessionIssued('new')
    return times
  },
  rotate: async (...asked) => {
    const times = await store.rotate(...asked)
    if (times) sessionIssued('renewed')
    return times
  },
  refresh: async (...asked) => {
    const result = await store.refresh(...asked)
    if (result.outcome === 'new') sessionIssued('renewed')
    if (result.outcome === 'reused') sessionEnded('single')
    return result
  },
  end: async (...asked) => {
    const lived = await store.end(...asked)
    if (lived) sessionEnded('single')
    return lived
  },
  endFamily: async (...asked) => {
    const lived = await store.endFamily(...asked)
    if (lived) sessionEnded('single')
    return lived
  },
  endAll: async (tag) => {
    await store.endAll(tag)
    sessionEnded('all')
  },
})
