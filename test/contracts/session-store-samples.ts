/** Places and sessions that no other test has. */
import { randomBytes } from 'node:crypto'
import type { SessionRef } from '../../src/session/record.ts'
import type { NewSession } from '../../src/session/store/session-store.ts'

export const unique = () => randomBytes(16).toString('base64url')
export const place = (tag = unique()): SessionRef => ({ key: unique(), tag })
export const touch = { touch: true } as const

export const newSession = (more: Partial<NewSession> = {}): NewSession => ({
  sid: `s_${unique()}`,
  sealed: 'c2VhbGVk',
  index: 'aW5kZXg=',
  idleMs: 60_000,
  absoluteMs: 120_000,
  ...more,
})
