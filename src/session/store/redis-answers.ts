/** Answers of the scripts for sessions, as the store gives them. */
import type { Listed, StoredSession } from './session-store.ts'

/** The answer is one text without spaces in its parts: a list costs more to parse. */
export const entered = (answer: string): StoredSession | undefined => {
  if (answer === '') return undefined
  const [sealed = '', createdMs, expiresMs, smooch, gone, used, leftMs, roles, ...prefetched] = answer.split(' ')
  return {
    sealed,
    createdMs: Number(createdMs),
    expiresMs: Number(expiresMs),
    smooch: smooch || undefined,
    gone: gone === '1',
    roles: roles || undefined,
    used: used !== '0' ? { used: Number(used), leftMs: Number(leftMs) } : undefined,
    prefetched: prefetched[0] ? prefetched : undefined,
  }
}

export const listed = (flat: string[]): Listed[] =>
  Array.from({ length: flat.length / 2 }, (_, i) => {
    const [, created, expires, index = ''] = /^(\d+):(\d+):(.*)$/s.exec(flat[2 * i + 1]!) ?? []
    return { sid: flat[2 * i]!, index, createdMs: Number(created), expiresMs: Number(expires) }
  })
