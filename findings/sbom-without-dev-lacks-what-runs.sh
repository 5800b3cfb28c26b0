#!/usr/bin/env bash
# npm 11.19.1: `npm sbom --omit dev` leaves out packages that `npm ci --omit=dev` installs, namely those that a development dependency needs as well.
#
# Expected: the bill of materials without development dependencies lists what an image holds after `npm ci --omit=dev`.
# Happens:  the packages are chosen by the selector `:not(.dev)`, and a package counts as `.dev` as soon as one way to it comes from a
#           development dependency, though another comes from one that runs. The lock's own mark `dev` is right: it is false for those.
#           With NODE_ENV=production, as in images, `omit=dev` is the default, so a plain `npm sbom` there is short as well.
# Seen:     installed without dev: ms; listed without dev: (nothing)
# Matters:  a scan of the list for known holes passes for packages that it does not hold. Make the full list, and tell the others by its
#           property `cdx:npm:package:development`, which is right.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" npm@11.19.1
mkdir project && cd project
echo '{ "name": "project", "version": "1.0.0", "dependencies": { "ms": "2.1.3" }, "devDependencies": { "debug": "4.4.3" } }' >package.json
npm() { node "$folder/node_modules/npm/bin/npm-cli.js" "$@"; }
npm install --no-audit --no-fund --loglevel=error
npm sbom --sbom-format cyclonedx --omit dev >without-dev.json
npm sbom --sbom-format cyclonedx >full.json
npm ci --omit=dev --no-audit --no-fund --loglevel=error

cat >../see.mjs <<'JS'
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'

const read = (name) => JSON.parse(readFileSync(name, 'utf8')).components ?? []
const names = (list) => list.map(({ name }) => name).join(', ') || '(nothing)'
const installed = readdirSync('node_modules').filter((name) => !name.startsWith('.'))
const dev = (component) => component.properties.some(({ name, value }) => name === 'cdx:npm:package:development' && value === 'true')
console.log(`npm 11.19.1, node ${process.version}`)
console.log(`installed without dev: ${installed.join(', ')}; listed without dev: ${names(read('without-dev.json'))}`)
console.log(`in the full list, not marked as development: ${names(read('full.json').filter((it) => !dev(it)))}`)
assert.deepEqual(installed, ['ms'])
assert.equal(names(read('without-dev.json')), '(nothing)')
assert.equal(names(read('full.json').filter((it) => !dev(it))), 'ms')
JS
node ../see.mjs
