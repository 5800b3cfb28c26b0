#!/usr/bin/env bash
# Node's fetch, axios 1.21.1 and form-data 4.0.6: a text of several lines arrives longer than it was sent, if it goes as a field of FormData.
#
# Expected: what is appended to a FormData is what arrives; the fields of a multipart body are bytes between boundaries, and need no care.
# Happens:  the standard of FormData has each line end in the value of a field, a single \n as well, sent as \r\n, as forms of pages always were.
#           fetch does so, the package form-data does not, and axios does as it is given a FormData or an object, for which it takes form-data. The
#           value read back from FormData is the old one; a Blob stays what it is.
# Seen:     the text "a\nb" as the field note, and what a reader of forms (@fastify/busboy) is given:
#           fetch, FormData:                  "a\r\nb", another hash
#           axios, the same FormData:         "a\r\nb", another hash
#           axios.postForm, an object:        "a\nb"
#           form-data 4.0.6:                  "a\nb"
#           fetch, FormData with a Blob:      "a\nb"
#           fetch, JSON:                      "a\nb"
# Matters:  a signature or a hash over the text fails, a limit of characters is passed by texts that the page called short enough, and a comparison
#           with what was stored by JSON says "changed" with each save. It depends on the client, so one of two is always well. Make line ends alike
#           on the server before anything is counted, compared or hashed.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" axios@1.21.1 form-data@4.0.6 @fastify/busboy@3.2.6

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Busboy } from '@fastify/busboy'
import axios from 'axios'
import FormDataPackage from 'form-data'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`axios 1.21.1, form-data 4.0.6, @fastify/busboy 3.2.6, node ${process.version}`)
let note
const server = createServer(async (request, response) => {
  if (request.headers['content-type'].startsWith('application/json')) {
    let text = ''
    for await (const part of request) text += part
    note = JSON.parse(text).note
  } else {
    const reader = new Busboy({ headers: request.headers })
    reader.on('field', (_, value) => {
      note = value
    })
    reader.on('file', async (_, stream) => {
      note = ''
      for await (const part of stream) note += part
    })
    await pipeline(request, reader)
  }
  response.end()
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const address = `http://127.0.0.1:${server.address().port}`

const text = 'a\nb'
const form = (value) => {
  const data = new FormData()
  data.append('note', value)
  return data
}
assert.equal(form(text).get('note'), text)
const ofPackage = () => {
  const data = new FormDataPackage()
  data.append('note', text)
  return data
}
const post = (body, headers) => fetch(address, { method: 'POST', body, headers }).then((response) => response.text())
const hash = (value) => createHash('sha256').update(value).digest('hex')
for (const [title, send, expected] of [
  ['fetch, FormData', () => post(form(text)), 'a\r\nb'],
  ['axios, the same FormData', () => axios.post(address, form(text)), 'a\r\nb'],
  ['axios.postForm, an object', () => axios.postForm(address, { note: text }), 'a\nb'],
  ['form-data 4.0.6', () => axios.post(address, ofPackage()), 'a\nb'],
  ['fetch, FormData with a Blob', () => post(form(new Blob([text]))), 'a\nb'],
  ['fetch, JSON', () => post(JSON.stringify({ note: text }), { 'content-type': 'application/json' }), 'a\nb'],
]) {
  note = undefined
  await send()
  console.log(`${`${title}:`.padEnd(33)} ${JSON.stringify(note)}${hash(note) === hash(text) ? '' : ', another hash'}`)
  assert.equal(note, expected)
}
server.close()
JS
node see.mjs
