#!/usr/bin/env bash
# expect 30.5.2 (of jest) and Node 26.10.0: any two ArrayBuffers are equal to toEqual(), any two Headers or FormData to assert.deepStrictEqual().
#
# Expected: an object of the platform is compared by what is in it, or else by identity; and what one of the two libraries tells apart, the other
#           does as well.
# Happens:  what has no property of its own is compared by nothing. jest looks into an ArrayBuffer in toStrictEqual() alone, into Headers and FormData
#           as they can be iterated, and never into keys, causes and the names of a DOMException; Node looks into buffers, keys and causes,
#           and not into Headers, FormData and URLSearchParams. Neither looks into Request, Response and Blob.
# Seen:     two that differ:                 toEqual   toStrictEqual   deepStrictEqual
#           ArrayBuffers, 1 and 3 bytes      passes    fails           fails
#           DataViews                        passes    fails           fails
#           keys (KeyObject)                 passes    passes          fails
#           errors with other causes         passes    passes          fails
#           AbortError and TimeoutError      passes    passes          fails
#           Headers                          fails     fails           passes
#           FormData                         fails     fails           passes
#           URLSearchParams                  fails     fails           passes
#           Requests, other URL and method   passes    passes          passes
#           Responses, 200 and 500           passes    passes          passes
#           Blobs                            passes    passes          passes
# Matters:  tests of a proxy compare just these: the headers that were sent on, the request that was rebuilt, the body, the key after its rotation.
#           They are green whatever the code does. Compare [...headers], the parts of a request, new Uint8Array(buffer), key.equals().
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 expect@30.5.2

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { expect } from 'expect'

console.log(`expect 30.5.2, node ${process.version}`)
const form = (value) => {
  const data = new FormData()
  data.append('name', value)
  return data
}
const verdict = (compare) => {
  try {
    compare()
    return 'passes'
  } catch {
    return 'fails'
  }
}
console.log('two that differ:                 toEqual   toStrictEqual   deepStrictEqual')
for (const [title, one, other, expected] of [
  ['ArrayBuffers, 1 and 3 bytes', new Uint8Array([1]).buffer, new Uint8Array([1, 2, 3]).buffer, ['passes', 'fails', 'fails']],
  ['DataViews', new DataView(new Uint8Array([1]).buffer), new DataView(new Uint8Array([2]).buffer), ['passes', 'fails', 'fails']],
  ['keys (KeyObject)', createSecretKey(Buffer.from('one')), createSecretKey(Buffer.from('two')), ['passes', 'passes', 'fails']],
  ['errors with other causes', new Error('no', { cause: new Error('full') }), new Error('no', { cause: new Error('gone') }), ['passes', 'passes', 'fails']],
  ['AbortError and TimeoutError', new DOMException('no', 'AbortError'), new DOMException('no', 'TimeoutError'), ['passes', 'passes', 'fails']],
  ['Headers', new Headers({ authorization: 'one' }), new Headers({ accept: 'two' }), ['fails', 'fails', 'passes']],
  ['FormData', form('Ann'), form('Bea'), ['fails', 'fails', 'passes']],
  ['URLSearchParams', new URLSearchParams('id=1'), new URLSearchParams('all'), ['fails', 'fails', 'passes']],
  ['Requests, other URL and method', new Request('http://a.test'), new Request('http://b.test', { method: 'DELETE' }), ['passes', 'passes', 'passes']],
  ['Responses, 200 and 500', new Response('well'), new Response('not well', { status: 500 }), ['passes', 'passes', 'passes']],
  ['Blobs', new Blob(['one']), new Blob(['two']), ['passes', 'passes', 'passes']],
]) {
  const seen = [
    verdict(() => expect(one).toEqual(other)),
    verdict(() => expect(one).toStrictEqual(other)),
    verdict(() => assert.deepStrictEqual(one, other)),
  ]
  console.log(`${title.padEnd(32)} ${seen[0].padEnd(9)} ${seen[1].padEnd(15)} ${seen[2]}`)
  assert.deepEqual(seen, expected)
}
JS
node_modules/.bin/node see.mjs
