/** Key rings: lists of `kid:secret`. The first key signs or seals, all of them verify or open. */
import { perContent, type Secret } from '../../config/secret.ts'
import { memo } from '../platform/memo.ts'
import { hmacWith } from './keyed-hash.ts'

export interface RingKey {
  readonly id: string
  readonly secret: string
}

/** The keys, the first one first. */
export type KeyRing = () => readonly [RingKey, ...RingKey[]]

const keysIn = perContent(
  ({ secret: source }: { readonly secret: Secret }) =>
    source
      .reveal()
      .split(',')
      .map((pair) => {
        const [id = '', secret = ''] = pair.trim().split(':')
        return { id, secret }
      }) as unknown as readonly [RingKey, ...RingKey[]],
)

export const keyRing = (secret: Secret): KeyRing => {
  const owner = { secret }
  return () => keysIn(owner)
}

/** A value made once per key; it is dropped with the key when the ring is replaced. */
export const perKey = <T>(make: (key: RingKey) => T): ((key: RingKey) => T) => {
  const made = new WeakMap<RingKey, T>()
  return (key) => made.getOrInsertComputed(key, make)
}

/** Remembered: one request needs the same few names several times. */
const namesUnder = perKey(({ secret }) => {
  const hmac = hmacWith(secret)
  return memo(8_000, (text) => hmac(text, 'base64url').slice(0, 22))
})

/** A keyed name, which stands for an id in keys and flags: 22 characters, 128 bits. */
export const keyedName = (key: RingKey, ...parts: readonly string[]): string => {
  let text = ''
  for (const part of parts) text += `${Buffer.byteLength(part)}:${part}`
  return namesUnder(key)(text)
}
