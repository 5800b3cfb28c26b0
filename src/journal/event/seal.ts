/** The erasable part of an event: sealed (AES-256-GCM, the event's id as AAD) and bound to it by a
 * salted commitment; and keyed digests in place of personal data. */
import { createHmac, hash } from 'node:crypto'
import { decrypt, deriveKey, encrypt } from '../../crypto/envelope.ts'
import { parseExact } from '../../platform/exact-json.ts'
import { memo } from '../../platform/memo.ts'
import { randomBytes } from '../../platform/random.ts'

/** `person`: names, addresses, reason. `before`: before-image. `answer`: for repeats of a key. */
type PartName = 'person' | 'before' | 'answer'

export interface Part {
  readonly event: string
  readonly part: PartName
  /** Unix milliseconds. */
  readonly expires: number
  readonly salt: Buffer
  readonly sealed: Buffer
}

export interface Subject {
  readonly pseudonym: string
  readonly lookup: string
  readonly sealed: Buffer
}

/** Finding of a verification for bytes sealed with a key that it was not given. */
export const unknownKey = 'what is sealed was sealed with a key that was not given: JOURNAL_SEALING_KEY must be the one of the service'

const keyIdBytes = 4

const derive = (secret: Buffer, use: string): Buffer => deriveKey(secret, `journal ${use}`)
const commit = (salt: Uint8Array, bytes: Uint8Array): string => `sha256:${hash('sha256', Buffer.concat([salt, bytes]))}`

/** The first secret seals, all open. Look-ups and digests use the oldest, to outlive rotation. */
export function createSealer(secrets: readonly Buffer[]) {
  const keys = secrets.map((secret) => ({
    id: Buffer.from(hash('sha256', derive(secret, 'id'), 'buffer')).subarray(0, keyIdBytes),
    key: derive(secret, 'seal'),
  }))
  const [first] = keys
  const oldest = secrets.at(-1)
  if (!first || !oldest || secrets.some((secret) => secret.length < 32))
    throw new TypeError('a journal needs a sealing secret of at least 32 bytes')
  const lookupKey = derive(oldest, 'lookup')
  const digestKey = derive(oldest, 'digest')

  const seal = (bytes: Uint8Array, aad: string): Buffer => encrypt(first.key, aad, bytes, first.id, 'last')
  const keyFor = (box: Buffer) => keys.find(({ id }) => id.equals(box.subarray(0, keyIdBytes)))
  const open = (sealed: Uint8Array, aad: string): Buffer | undefined => {
    const box = Buffer.from(sealed)
    const known = keyFor(box)
    return known && decrypt(known.key, aad, box.subarray(keyIdBytes), 'last')
  }
  const lookup = (tenant: string, userId: string): string =>
    createHmac('sha256', lookupKey).update(`${tenant}\0${userId}`).digest('base64url')

  // Keyed: a plain hash of a phone number or user agent is soon guessed.
  const digest = (...values: (string | Uint8Array)[]): string => {
    const mac = createHmac('sha256', digestKey)
    for (const value of values) {
      const bytes = Buffer.from(value)
      mac.update(`${bytes.length}:`).update(bytes)
    }
    return `hmac:${mac.digest('hex')}`
  }

  return {
    seal,
    /** True when one of our keys sealed it. */
    knows: (sealed: Uint8Array): boolean => keyFor(Buffer.from(sealed)) !== undefined,
    /** Undefined when no key opens it. */
    open,
    lookup,
    digest,
    /** Digest of a user agent, remembered: a few send most requests. */
    agent: memo(200, (text) => digest(text)),
    part(event: string, part: PartName, content: unknown, expires: number): { row: Part; commitment: string } {
      const bytes = Buffer.from(JSON.stringify(content ?? null))
      const salt = randomBytes(32)
      return { row: { event, part, expires, salt, sealed: seal(bytes, `${event}/${part}`) }, commitment: commit(salt, bytes) }
    },
    /** Undefined when it cannot be opened; `bound` is true when it fits the event's commitment. */
    openPart(row: Part, commitment: string | undefined): { content: unknown; bound: boolean } | undefined {
      const bytes = open(row.sealed, `${row.event}/${row.part}`)
      return bytes && { content: parseExact(bytes.toString('utf8')), bound: commit(row.salt, bytes) === commitment }
    },
    subject(tenant: string, userId: string): Subject {
      const pseudonym = `sub_${randomBytes(16).toString('base64url')}`
      return { pseudonym, lookup: lookup(tenant, userId), sealed: seal(Buffer.from(userId), pseudonym) }
    },
  }
}

export type Sealer = ReturnType<typeof createSealer>
