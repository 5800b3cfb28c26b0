/** Checkpoints: size and root of the tree as a note that is signed (C2SP), and their keys. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, hash, type KeyObject, sign, verify } from 'node:crypto'

interface Checkpoint {
  readonly origin: string
  readonly size: number
  readonly root: Buffer
}

/** A public key in events and commands: `base64(0x01 ‖ 32 bytes)`, the end of a verifier key. */
export type PublicKey = string

const ed25519 = 1
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex')

export const originOf = (journal: string): string => `smooch-bff/${journal}`

const exported = new WeakMap<KeyObject, PublicKey>()
export function publicKey(key: KeyObject): PublicKey {
  const known = exported.get(key)
  if (known !== undefined) return known
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  const made = Buffer.concat([Buffer.of(ed25519), spki.subarray(spkiHead.length)]).toString('base64')
  exported.set(key, made)
  return made
}

const imported = new Map<PublicKey, KeyObject>()
function importPublic(key: PublicKey): KeyObject {
  const known = imported.get(key)
  if (known) return known
  const made = createPublicKey({ key: Buffer.concat([spkiHead, Buffer.from(key, 'base64').subarray(1)]), format: 'der', type: 'spki' })
  imported.set(key, made)
  return made
}

/** From a secret in PEM, or 32 bytes as base64 or hex. */
export function signingKey(secret: string): KeyObject {
  if (secret.includes('PRIVATE KEY')) return createPrivateKey(secret)
  const text = secret.trim()
  const seed = /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : Buffer.from(text, 'base64')
  if (seed.length !== 32) throw new TypeError('a signing key is PEM, or 32 bytes as base64 or hex')
  return createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' })
}

/** As PEM. */
export const newSigningKey = (): string => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()

/** The form in which verifiers are configured: `name+hash+key`. */
export const verifierKey = (origin: string, key: PublicKey): string => `${origin}+${keyId(origin, key).toString('hex')}+${key}`

const keyId = (name: string, key: PublicKey): Buffer =>
  hash('sha256', Buffer.concat([Buffer.from(`${name}\n`), Buffer.from(key, 'base64')]), 'buffer').subarray(0, 4)

export function signCheckpoint(checkpoint: Checkpoint, key: KeyObject): string {
  return signNote(checkpoint.origin, `${checkpoint.size}\n${checkpoint.root.toString('base64')}\n`, key)
}

/** A signed note: the name of the log, then these lines. */
export function signNote(origin: string, lines: string, key: KeyObject): string {
  const text = `${origin}\n${lines}`
  const signature = Buffer.concat([keyId(origin, publicKey(key)), sign(null, Buffer.from(text), key)])
  return `${text}\n— ${origin} ${signature.toString('base64')}\n`
}

const noteForm =
  /^(?<text>(?<origin>[^\s+]+)\n(?<size>0|[1-9]\d*)\n(?<root>[A-Za-z0-9+/]{43}=)\n(?:[^\n]+\n)*)\n(?<lines>(?:— [^\n ]+ [A-Za-z0-9+/=]+\n)+)$/

/** The content of a note; the signature is not checked. */
export function parseCheckpoint(note: string): (Checkpoint & { text: string; lines: string }) | undefined {
  const groups = noteForm.exec(note)?.groups as Record<'text' | 'origin' | 'size' | 'root' | 'lines', string> | undefined
  if (!groups || !Number.isSafeInteger(Number(groups.size))) return undefined
  return {
    origin: groups.origin,
    size: Number(groups.size),
    root: Buffer.from(groups.root, 'base64'),
    text: groups.text,
    lines: groups.lines,
  }
}

function signatureOf(note: { origin: string; lines: string }, key: PublicKey): Buffer | undefined {
  const id = keyId(note.origin, key)
  for (const line of note.lines.trimEnd().split('\n')) {
    const [, name, encoded] = line.split(' ')
    const bytes = Buffer.from(encoded ?? '', 'base64')
    // Canonical base64 only: else one signature has several forms, and a changed byte could pass.
    if (name === note.origin && bytes.subarray(0, 4).equals(id) && bytes.toString('base64') === encoded) return bytes.subarray(4)
  }
  return undefined
}

/** The checkpoint when one of the keys signed it, else undefined. */
export function openCheckpoint(note: string, keys: readonly PublicKey[]): Checkpoint | undefined {
  const parsed = parseCheckpoint(note)
  if (!parsed) return undefined
  const good = keys.some((key) => {
    const signature = signatureOf(parsed, key)
    return signature !== undefined && verify(null, Buffer.from(parsed.text), importPublic(key), signature)
  })
  return good ? { origin: parsed.origin, size: parsed.size, root: parsed.root } : undefined
}

/** The same check on another thread. */
export function checkSignature(note: string, key: PublicKey): Promise<boolean> {
  const parsed = parseCheckpoint(note)
  const signature = parsed && signatureOf(parsed, key)
  if (!parsed || !signature) return Promise.resolve(false)
  return new Promise((resolve) =>
    verify(null, Buffer.from(parsed.text), importPublic(key), signature, (error, good) => resolve(!error && good)),
  )
}
