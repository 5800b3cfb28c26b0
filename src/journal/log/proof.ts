/** The proof of one event as C2SP tlog-proof text, checked offline: index, path, checkpoint. */
import { openCheckpoint, type PublicKey } from './checkpoint.ts'
import { checkInclusion, type Hash, leafHash } from './tree.ts'

const firstLine = 'c2sp.org/tlog-proof@v1'

export const writeProof = (index: number, path: readonly Hash[], note: string, extra?: Uint8Array): string =>
  [
    firstLine,
    ...(extra ? [`extra ${Buffer.from(extra).toString('base64')}`] : []),
    `index ${index}`,
    ...path.map((hash) => hash.toString('base64')),
    '',
    note,
  ].join('\n')

interface Proof {
  readonly index: number
  readonly path: readonly Hash[]
  readonly note: string
  readonly extra?: Buffer
}

export function readProof(text: string): Proof | undefined {
  const gap = text.indexOf('\n\n')
  const [header, ...lines] = text.slice(0, gap).split('\n')
  if (gap < 0 || header !== firstLine) return undefined
  const extra = lines[0]?.startsWith('extra ') ? Buffer.from(lines.shift()!.slice(6), 'base64') : undefined
  const index = /^index (0|[1-9]\d*)$/.exec(lines.shift() ?? '')?.[1]
  const path = lines.map((line) => Buffer.from(line, 'base64'))
  if (index === undefined || path.some((hash, at) => hash.length !== 32 || hash.toString('base64') !== lines[at])) return undefined
  return { index: Number(index), path, note: text.slice(gap + 2), ...(extra && { extra }) }
}

/** True when these bytes are in the log of that key, at the index of the proof. */
export function checkProof(text: string, bytes: Uint8Array, keys: readonly PublicKey[]): boolean {
  const proof = readProof(text)
  const checkpoint = proof && openCheckpoint(proof.note, keys)
  return Boolean(proof && checkpoint && checkInclusion(leafHash(bytes), proof.index, checkpoint.size, proof.path, checkpoint.root))
}
