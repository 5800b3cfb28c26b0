/** Signed notes and proofs, beside the published examples of their formats. */
import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { openCheckpoint, parseCheckpoint, publicKey, signCheckpoint, signingKey, verifierKey } from '../../src/journal/log/checkpoint.ts'
import { readProof, writeProof } from '../../src/journal/log/proof.ts'
import { leafHash } from '../../src/journal/log/tree.ts'

const { privateKey } = generateKeyPairSync('ed25519')
const checkpoint = { origin: 'smooch-bff/j_1', size: 7, root: leafHash(Buffer.from('x')) }

describe('a checkpoint', () => {
  test.each([
    // The example of Go's note package, and the key of Go's checksum database.
    ['PeterNeumann', 'c74f20a3', 'ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'],
    ['sum.golang.org', '033de0ae', 'Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8'],
  ])('the key of %s has the id %s', (name, id, key) => {
    expect(verifierKey(name, key)).toBe(`${name}+${id}+${key}`)
  })

  test('opens with its key and no other, and not with any bit changed', () => {
    const note = signCheckpoint(checkpoint, privateKey)
    const keys = [publicKey(privateKey)]
    expect(openCheckpoint(note, keys)).toEqual(checkpoint)
    expect(openCheckpoint(note, [publicKey(generateKeyPairSync('ed25519').privateKey)])).toBeUndefined()
    const bytes = Buffer.from(note)
    for (let at = 0; at < bytes.length; at += 1)
      for (const bit of [1, 2, 32]) {
        const changed = Buffer.from(bytes)
        changed[at]! ^= bit
        expect(openCheckpoint(changed.toString(), keys)).toBeUndefined()
      }
  })

  test('the example of the specification is read as it says', () => {
    const note = `example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n`
    expect(parseCheckpoint(note)).toMatchObject({ origin: 'example.com/behind-the-sofa', size: 20852163 })
    for (const broken of [note.replace('20852163', '020852163'), note.replace('\n\n', '\n'), note.trimEnd(), note.replace('Y2I=', 'Y2I')])
      expect(parseCheckpoint(broken) && broken !== note).toBeFalsy()
  })

  test('keys come as PEM, hex and base64', () => {
    const seed = Buffer.alloc(32, 5)
    expect(publicKey(signingKey(seed.toString('hex')))).toBe(publicKey(signingKey(seed.toString('base64'))))
    expect(publicKey(signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()))).toBe(publicKey(privateKey))
    expect(() => signingKey('short')).toThrow('32 bytes')
  })
})

test('a proof is written and read as the specification has it', () => {
  const note = signCheckpoint(checkpoint, privateKey)
  const path = [leafHash(Buffer.from('a')), leafHash(Buffer.from('b'))]
  const text = writeProof(3, path, note)
  expect(text.split('\n').slice(0, 5)).toEqual([
    'c2sp.org/tlog-proof@v1',
    'index 3',
    path[0]!.toString('base64'),
    path[1]!.toString('base64'),
    '',
  ])
  expect(readProof(text)).toEqual({ index: 3, path, note })
  expect(readProof(writeProof(0, [], note, Buffer.from('more')))).toEqual({ index: 0, path: [], note, extra: Buffer.from('more') })
  for (const broken of [text.replace('@v1', '@v2'), text.replace('index 3', 'index 03'), text.replace('index 3\n', ''), 'x'])
    expect(readProof(broken)).toBeUndefined()
})
