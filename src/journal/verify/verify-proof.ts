/** The check of a downloaded proof with its file and the public key alone; no journal is needed. */
import { decode, type Event } from '../event/event.ts'
import { openCheckpoint, type PublicKey, parseCheckpoint, verifierKey } from '../log/checkpoint.ts'
import { checkProof, readProof } from '../log/proof.ts'

interface VerifiedProof {
  readonly index: number
  readonly origin: string
  readonly size: number
  readonly event: Event
}

/** Whose signature is believed; with an origin, on that log alone. */
export interface Verifier {
  readonly key: PublicKey
  readonly origin?: string
}

/** From a Go verifier key (`name+hash+key`), or its last part. Undefined when it is no Ed25519 key,
 * or does not fit its own hash. */
export function verifierIn(text: string): Verifier | undefined {
  const [, origin, key = text.trim()] = /^([^+\s]+)\+[0-9a-f]{8}\+(.+)$/.exec(text.trim()) ?? []
  const bytes = Buffer.from(key, 'base64')
  if (bytes.length !== 33 || bytes[0] !== 1 || bytes.toString('base64') !== key) return undefined
  if (origin === undefined) return { key }
  return verifierKey(origin, key) === text.trim() ? { key, origin } : undefined
}

/** Why this is no proof at all, which is another thing than one that does not hold. */
export function notAProof(text: string): string | undefined {
  const proof = readProof(text)
  if (proof?.extra) return undefined
  if (proof) return 'holds a proof without its event'
  const changed = text.startsWith('\ufeff') || text.includes('\r\n')
  return readProof(text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n')) && changed
    ? 'is a proof whose line ends were changed, or that got a byte order mark: take it as it was downloaded'
    : 'is not a proof, or not a whole one: its first line is c2sp.org/tlog-proof@v1'
}

/** The event in the proof if it is in a log that one of these keys signed; else the fault. */
export function verifyProof(text: string, verifiers: readonly Verifier[]): VerifiedProof | string {
  const { note, extra } = readProof(text)!
  const origin = parseCheckpoint(note)?.origin
  const ofTheLog = verifiers.filter((it) => it.origin === undefined || it.origin === origin)
  if (origin !== undefined && ofTheLog.length === 0) return `it is of the log ${origin}, and the key of ${verifiers[0]?.origin}`
  const keys = ofTheLog.map(({ key }) => key)
  const checkpoint = openCheckpoint(note, keys)
  if (!checkpoint) return 'its checkpoint is not signed by the key'
  if (!checkProof(text, extra!, keys)) return 'its event is not in the log that was signed'
  return { index: readProof(text)!.index, origin: checkpoint.origin, size: checkpoint.size, event: decode(extra!) }
}
