#!/usr/bin/env bash
# Node 26.10.0: `new CompressionStream('brotli')` packs an answer some hundred times slower than gzip, and cannot be told otherwise.
#
# Expected: a class for streams in flight, with no option, packs at a setting for streams in flight; brotli is the better gzip.
# Happens:  it takes brotli's own default, quality 11, which is meant for files that are packed once and read for years. The constructor has
#           the name of the format and nothing else. The answer is a fifth smaller than with gzip.
# Seen:     450 kB of JSON, the time of each beside gzip by CompressionStream, and the size:
#           CompressionStream('gzip'):         1, 25 % of the text
#           CompressionStream('brotli'):       more than 30 times as long, 19 %
#           zlib, brotli of quality 4:         less than 10 times as long, 23 %
#           zlib, zstd:                        less than 5 times as long, 23 %
# Matters:  an answer of half a megabyte takes more than a second of a processor, on one of the few threads that also read files, look up names and
#           hash passwords; a handful of readers stop them all. A handler by the classes of the web, written for gzip, gets there by the change of
#           one word. Use zlib.createBrotliCompress() with a quality of 4 or 5, or zstd.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import zlib from 'node:zlib'

setTimeout(() => process.exit(1), 90_000).unref()
console.log(`node ${process.version}`)
const users = Array.from({ length: 4000 }, (_, nth) => ({
  id: hash('sha1', String(nth), 'hex').slice(0, 36), givenName: `Mina${nth}`, surname: 'Doe', email: `m${nth}@example.com`,
}))
const data = Buffer.from(JSON.stringify(users))
const web = (format) => async () => {
  const stream = new Blob([data]).stream().pipeThrough(new CompressionStream(format))
  return (await new Response(stream).arrayBuffer()).byteLength
}
const brotli = promisify(zlib.brotliCompress)
const zstd = promisify(zlib.zstdCompress)
const measure = async (pack) => {
  const times = []
  let size
  for (let nth = 0; nth < 3; nth += 1) {
    const begin = performance.now()
    size = await pack()
    times.push(performance.now() - begin)
  }
  return { time: Math.min(...times), share: Math.round((100 * size) / data.length) }
}
await measure(web('gzip'))
const gzip = await measure(web('gzip'))
for (const [title, pack, least, most] of [
  ["CompressionStream('gzip')", web('gzip'), 0, 3],
  ["CompressionStream('brotli')", web('brotli'), 30, Infinity],
  ['zlib, brotli of quality 4', async () => (await brotli(data, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } })).length, 0, 10],
  ['zlib, zstd', async () => (await zstd(data)).length, 0, 5],
]) {
  const { time, share } = await measure(pack)
  const times = time / gzip.time
  console.log(`${`${title}:`.padEnd(34)} ${times.toFixed(1)} times as long, ${share} % of the text`)
  assert.ok(times >= least && times <= most)
}
JS
node_modules/.bin/node see.mjs
