/** The Merkle tree against the vectors of Certificate Transparency (RFC 6962). */
import { describe, expect, test } from '@jest/globals'
import {
  checkInclusion,
  emptyRoot,
  type Frontier,
  type Hash,
  type HashOf,
  inclusionProof,
  leafHash,
  nodeHash,
  push,
  rootAt,
  rootOf,
} from '../../src/journal/log/tree.ts'

const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map((hex) =>
  leafHash(Buffer.from(hex, 'hex')),
)
const roots = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
]
const inclusion: [index: number, size: number, path: string[]][] = [
  [0, 1, []],
  [
    0,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    5,
    8,
    [
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
]
const hex = (hashes: Hash[]): string[] => hashes.map((hash) => hash.toString('hex'))

const over =
  (from: Hash[]): HashOf =>
  async (level, position) =>
    level === 0 ? from[position]! : nodeHash(await over(from)(level - 1, position * 2), await over(from)(level - 1, position * 2 + 1))

describe('the tree', () => {
  test('has the roots of the published vectors, grown leaf by leaf', async () => {
    expect(emptyRoot.toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
    const tree: Frontier = { size: 0, hashes: [] }
    for (const [at, leaf] of leaves.entries()) {
      push(tree, leaf)
      expect(rootOf(tree).toString('hex')).toBe(roots[at])
      expect((await rootAt(at + 1, over(leaves))).toString('hex')).toBe(roots[at])
    }
  })

  test.each(inclusion)('proves that leaf %i belongs to the tree of %i as published', async (index, size, path) => {
    expect(hex(await inclusionProof(index, size, over(leaves)))).toEqual(path)
  })

  test('every inclusion proof up to 40 leaves holds, and none holds with a bit changed', async () => {
    const many = Array.from({ length: 40 }, (_, at) => leafHash(Buffer.from([at])))
    const hashOf = over(many)
    for (let size = 1; size <= 40; size += 1) {
      const root = await rootAt(size, hashOf)
      for (let index = 0; index < size; index += 1) {
        const path = await inclusionProof(index, size, hashOf)
        expect(checkInclusion(many[index]!, index, size, path, root)).toBe(true)
        expect(checkInclusion(many[(index + 1) % 40]!, index, size, path, root)).toBe(false)
        expect(checkInclusion(many[index]!, size + index, size, path, root)).toBe(false)
        if (index + 1 < size) expect(checkInclusion(many[index]!, index + 1, size, path, root)).toBe(false)
      }
    }
  })
})
