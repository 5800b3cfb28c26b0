/** Proofs checked by a verifier that is not ours: the one of sigstore, which npm itself carries. */
import { createPublicKey } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import type { OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { originOf, publicKey, verifierKey } from '../../src/journal/log/checkpoint.ts'
import { readProof } from '../../src/journal/log/proof.ts'
import { eventsFrom } from '../../src/journal/store/queries/log.ts'
import { proofOf } from '../../src/journal/store/stored-tree.ts'
import { deletion, makePlace } from './place.ts'

interface Entry {
  readonly canonicalizedBody: Buffer
  readonly inclusionProof: {
    readonly logIndex: string
    readonly hashes: readonly Buffer[]
    readonly checkpoint: { readonly envelope: string }
  }
}
interface Sigstore {
  verifyCheckpoint(entry: Entry, logs: readonly unknown[]): { readonly logSize: bigint; readonly logHash: Buffer }
  verifyMerkleInclusion(entry: Entry, checkpoint: unknown): void
}

function findSigstore(): Sigstore | undefined {
  const npm = process.env['npm_execpath']
  const directory = npm ? join(dirname(dirname(realpathSync(npm))), 'node_modules', '@sigstore', 'verify', 'dist', 'tlog') : ''
  if (!existsSync(join(directory, 'merkle.js'))) {
    if (process.env['CI']) throw new Error('this npm carries no sigstore verifier; run the tests by npm')
    process.stderr.write('this npm carries no sigstore verifier, so proofs are not checked by another implementation here\n')
    return undefined
  }
  const require = createRequire(join(directory, 'index.js'))
  return { ...(require('./checkpoint.js') as Sigstore), ...(require('./merkle.js') as Sigstore) }
}

const sigstore = findSigstore()
const whenThere = sigstore ? test : test.skip

whenThere('sigstore accepts the proof of every event, and none of another', async () => {
  await using place = makePlace()
  await using it = await place.open()
  for (let at = 0; at < 40; at += 1) await ((await it.guard.begin(deletion())) as OpenOperation).end()
  const origin = originOf(it.store.journal)
  const [, id] = verifierKey(origin, publicKey(place.key)).split('+')
  const log = { logID: Buffer.from(id!, 'hex'), baseURL: origin, publicKey: createPublicKey(place.key) }
  const rows = await eventsFrom(it.store, 0, 1000)
  for (const { body } of rows) {
    const { index, path, note } = readProof((await proofOf(it.store, (JSON.parse(body) as { id: string }).id))!)!
    const entry: Entry = {
      canonicalizedBody: Buffer.from(body),
      inclusionProof: { logIndex: String(index), hashes: path, checkpoint: { envelope: note } },
    }
    const checkpoint = sigstore!.verifyCheckpoint(entry, [log])
    expect(Number(checkpoint.logSize)).toBe(rows.length)
    sigstore!.verifyMerkleInclusion(entry, checkpoint)
    expect(() => sigstore!.verifyMerkleInclusion({ ...entry, canonicalizedBody: Buffer.from(`${body} `) }, checkpoint)).toThrow('root hash')
  }
  expect(rows.length).toBeGreaterThan(80)
})
