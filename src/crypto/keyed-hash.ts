/** HMAC-SHA-256 (RFC 2104) by two one-shot hashes: each Hmac of node:crypto is a native object,
 * whose collection costs more than the hash. */
import { createHmac, hash } from 'node:crypto'

const block = 64
const maxSize = 4_096

const padded = (secret: string | Buffer, byte: number): Buffer => {
  const key = typeof secret === 'string' ? Buffer.from(secret) : secret
  const pad = Buffer.alloc(block)
  ;(key.length > block ? hash('sha256', key, 'buffer') : key).copy(pad)
  return pad.map((it) => it ^ byte) as Buffer
}

interface Hmac {
  (text: string, encoding: 'base64url'): string
  (text: string, encoding: 'buffer'): Buffer
}

const encoded = (bytes: Buffer, encoding: 'base64url' | 'buffer'): string | Buffer =>
  encoding === 'buffer' ? bytes : bytes.toString(encoding)

/** Fast for texts of the length of a token or name; longer ones go to node:crypto. */
export const hmacWith = (secret: string | Buffer): Hmac => {
  const inner = Buffer.alloc(block + maxSize)
  const outer = Buffer.alloc(block + 32)
  inner.set(padded(secret, 0x36))
  outer.set(padded(secret, 0x5c))
  return ((text: string, encoding: 'base64url' | 'buffer') => {
    if (Buffer.byteLength(text) > maxSize) return encoded(createHmac('sha256', secret).update(text).digest(), encoding)
    const length = inner.write(text, block)
    hash('sha256', inner.subarray(0, block + length), 'buffer').copy(outer, block)
    return hash('sha256', outer, encoding)
  }) as Hmac
}
