/** The check of a downloaded proof with its file and the public key alone; no journal is needed. */
import { readFileSync } from 'node:fs'
import { decode, type Event } from '../event/event.ts'
import { openCheckpoint, type PublicKey } from '../log/checkpoint.ts'
import { checkProof, readProof } from '../log/proof.ts'

export interface VerifiedProof {
  readonly index: number
  readonly origin: string
  readonly size: number
  readonly event: Event
}

/** A Go verifier key (`name+hash+key`) or its last part. */
export const publicKeyIn = (text: string): PublicKey => /^[^+\s]+\+[0-9a-f]{8}\+(.+)$/.exec(text.trim())?.[1] ?? text.trim()

/** The event in the proof, when it is in the log that one of the keys signed; else undefined. */
export const verifyProofFile = (path: string, keys: readonly PublicKey[]): VerifiedProof | undefined => {
  const text = readFileSync(path, 'utf8')
  const proof = readProof(text)
  if (!proof?.extra || !checkProof(text, proof.extra, keys)) return undefined
  const { origin, size } = openCheckpoint(proof.note, keys)!
  return { index: proof.index, origin, size, event: decode(proof.extra) }
}
