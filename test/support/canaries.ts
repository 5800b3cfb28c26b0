/** Unmistakable values that are planted in every test and looked for wherever they do not belong. */
import { randomBytes } from 'node:crypto'

export const canaryKey = 'canary-upstream-key-secret-Zq8vT3nLw5'
export const canaryEmail = 'canary.person@canary-mail.example'
export const canarySessionKey = 'canary-session-signing-key-secret-0001'
// Each test file has its own: the files share a Redis, and people are told apart by what the pepper makes of their ids.
export const canaryPepper = `canary-session-pepper-secret-value-0001-${randomBytes(6).toString('hex')}`
export const canaryServiceKey = 'canary-service-key-secret-value-000001'

/** Never to be seen outside the process, in any form. */
export const secrets = [canaryKey, canarySessionKey, canaryPepper, canaryServiceKey, Buffer.from(canaryKey).toString('base64').slice(0, -4)]

/** The canaries found in a text. */
export const canariesIn = (text: string, canaries: readonly string[] = secrets): string[] =>
  canaries.filter((canary) => text.includes(canary))
