/** AES-256-GCM and the layout of its parts. Sealed bytes are bound to their place (`aad`): moved
 * elsewhere they do not open. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { randomBytes } from '../platform/random.ts'

const ivBytes = 12
const tagBytes = 16

/** `first`: iv | tag | ciphertext, in Redis. `last`: iv | ciphertext | tag, in journals. */
type TagPlace = 'first' | 'last'

/** HKDF-SHA-256: the key for one purpose, derived from a secret. */
export const deriveKey = (secret: string | Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', secret, '', `smooch-bff ${purpose}`, 32))

/** Header, then the sealed parts. The header is not encrypted. */
export const encrypt = (key: Buffer, aad: string, plain: string | Uint8Array, header: Buffer, tagPlace: TagPlace = 'first'): Buffer => {
  const iv = randomBytes(ivBytes)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(aad))
  const ciphertext = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
  // Without output in this mode; it makes the tag.
  cipher.final()
  const tag = cipher.getAuthTag()
  return Buffer.concat(tagPlace === 'first' ? [header, iv, tag, ciphertext] : [header, iv, ciphertext, tag])
}

/** The plain bytes behind the header; undefined when the key, the place or a byte differs. */
export const decrypt = (key: Buffer, aad: string, sealed: Buffer, tagPlace: TagPlace = 'first'): Buffer | undefined => {
  if (sealed.length < ivBytes + tagBytes) return undefined
  const tagAt = tagPlace === 'first' ? ivBytes : sealed.length - tagBytes
  const [begin, end] = tagPlace === 'first' ? [ivBytes + tagBytes, sealed.length] : [ivBytes, tagAt]
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, ivBytes), { authTagLength: tagBytes })
    decipher.setAAD(Buffer.from(aad)).setAuthTag(sealed.subarray(tagAt, tagAt + tagBytes))
    const plain = decipher.update(sealed.subarray(begin, end))
    decipher.final()
    return plain
  } catch {
    return undefined
  }
}
