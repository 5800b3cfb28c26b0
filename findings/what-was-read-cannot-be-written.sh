#!/usr/bin/env bash
# @hey-api/openapi-ts 0.99.0: a client generated with transformers writes back another document than it has read, which the same description refuses.
#
# Expected: with transformers an int64 is a bigint and a date a Date, in parameters and bodies alike, as the generated types say. So a record that was
#           read is written back as it was, and no id loses digits.
# Happens:  only answers are transformed. A body goes through JSON.stringify, where a Date becomes a date with a time although the field has
#           the format `date`, and a bigint becomes a string although it is an integer. And the bigint is made after JSON.parse has
#           rounded the number: the type says exact, the digits are not.
# Seen:     GET of { "id": 9007199254740993, "born": "2026-01-31" }, then PUT of what came, unchanged:
#           the client has:     id 9007199254740992n, born a Date
#           the service gets:   { "id": "9007199254740992", "born": "2026-01-31T00:00:00.000Z" }
#           Ajv by the schema of the description:    /id must be integer, /born must match format "date"
# Matters:  a form that loads, edits and saves compiles and is refused by each service that checks, though it is made from its own description; one
#           that does not check stores a text for a number. An id beyond 2^53 is another record's. Leave `bigInt` off and have such ids be strings
#           in the description; `dates` off as well where the format `date` occurs.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 @hey-api/openapi-ts@0.99.0 typescript@5.9.3 \
  ajv@8.20.0 ajv-formats@3.0.1

cat >make.mjs <<'JS'
import { writeFileSync } from 'node:fs'
import { createClient } from '@hey-api/openapi-ts'

const Person = {
  type: 'object',
  required: ['id', 'born'],
  properties: { id: { type: 'integer', format: 'int64' }, born: { type: 'string', format: 'date' } },
}
const content = { 'application/json': { schema: { $ref: '#/components/schemas/Person' } } }
const responses = { 200: { description: 'A person', content } }
writeFileSync(
  'api.json',
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Persons', version: '1' },
    paths: {
      '/person': {
        get: { operationId: 'getPerson', responses },
        put: { operationId: 'putPerson', requestBody: { required: true, content }, responses },
      },
    },
    components: { schemas: { Person } },
  }),
)
await createClient({
  input: 'api.json',
  output: 'client',
  logs: { level: 'silent' },
  plugins: [
    '@hey-api/typescript',
    '@hey-api/client-fetch',
    { name: '@hey-api/transformers', dates: true, bigInt: true },
    { name: '@hey-api/sdk', transformer: true },
  ],
})
JS
# What a program does with it; the compiler has no objection.
cat >use.ts <<'TS'
import { client } from './client/client.gen'
import { getPerson, putPerson } from './client/sdk.gen'
import type { Person } from './client/types.gen'

export const aim = (baseUrl: string) => client.setConfig({ baseUrl })
export const read = async (): Promise<Person> => (await getPerson({ throwOnError: true })).data
export const write = (person: Person) => putPerson({ body: person, throwOnError: true })
TS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { text } from 'node:stream/consumers'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'

console.log(`@hey-api/openapi-ts 0.99.0, ajv 8.20.0, node ${process.version}`)
setTimeout(() => process.exit(1), 60_000).unref()
const { aim, read, write } = createRequire(import.meta.url)('./js/use.js')

let written
const stored = '{ "id": 9007199254740993, "born": "2026-01-31" }'
const server = createServer(async (request, response) => {
  if (request.method === 'PUT') written = await text(request)
  response.setHeader('content-type', 'application/json').end(stored)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
aim(`http://127.0.0.1:${server.address().port}`)

const data = await read()
console.log(`the client has:     id ${data.id}n, born a ${data.born.constructor.name}`)
assert.deepEqual(data, { id: 9007199254740992n, born: new Date('2026-01-31') })

await write(data)
console.log(`the service gets:   ${written}`)
assert.deepEqual(JSON.parse(written), { id: '9007199254740992', born: '2026-01-31T00:00:00.000Z' })

const ajv = new Ajv({ allErrors: true })
formats.default(ajv)
const valid = ajv.compile(JSON.parse(readFileSync('api.json', 'utf8')).components.schemas.Person)
assert.ok(valid(JSON.parse(stored)))
assert.ok(!valid(JSON.parse(written)))
const told = valid.errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join(', ')
console.log(`Ajv by the schema of the description: ${told}`)
assert.equal(told, '/id must be integer, /born must match format "date"')
process.exit()
JS
node_modules/.bin/node make.mjs
node_modules/.bin/node node_modules/typescript/bin/tsc --strict --target es2022 --module commonjs --lib es2022,dom,dom.iterable --outDir js use.ts
node_modules/.bin/node see.mjs
