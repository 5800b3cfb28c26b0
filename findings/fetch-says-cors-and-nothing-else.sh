#!/usr/bin/env bash
# Node 26.10.0, and undici 8.13.1 alone: fetch sends one of the browsers' four Sec-Fetch headers, `Sec-Fetch-Mode: cors`, and leaves the others out.
#
# Expected: either none of them, as from curl (a program has no site, no user and no document), or the set that the Fetch Metadata
#           specification appends together: Dest, Mode, Site (and User).
# Happens:  every request bears `sec-fetch-mode` with the `mode` it was given (not given: `cors`), and neither Dest nor Site.
# Seen:     global and undici alike: not given cors, cors cors, no-cors no-cors, same-origin same-origin
# Matters:  a guard by Fetch Metadata that takes "no Sec-Fetch-*" for a program or an old browser and the rest for a new one judges Node's
#           programs as neither: curl passes where Node is refused, and a test by fetch is refused where a browser is not. Decide by
#           Sec-Fetch-Site alone.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 undici@8.13.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fetch as undiciFetch } from 'undici'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`node ${process.version}, its undici ${process.versions.undici}`)

const server = createServer((req, res) => res.end(JSON.stringify(Object.entries(req.headers).filter(([name]) => name.startsWith('sec-')))))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${server.address().port}/`
for (const [name, ask] of [
  ['global', fetch],
  ['undici', undiciFetch],
])
  for (const mode of [undefined, 'cors', 'no-cors', 'same-origin']) {
    const seen = await (await ask(url, mode ? { mode } : {})).json()
    console.log(`${name}, mode ${mode ?? 'not given'}: ${seen.map((header) => header.join('=')).join(', ')}`)
    assert.deepEqual(seen, [['sec-fetch-mode', mode ?? 'cors']])
  }
server.close()
JS
node_modules/.bin/node see.mjs
