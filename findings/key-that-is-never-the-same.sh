#!/usr/bin/env bash
# SWR 2.5.1 and TanStack Query 5.108.4 with React 19.3.1: with a URL or a Temporal value in a key SWR asks without end, and with a Set or a Map
# TanStack Query shows the data of another key.
#
# Expected: keys are compared by what they say: SWR hashes arrays, objects and Dates by their contents, TanStack Query by their JSON. What a hash
#           cannot read is refused, or warned of.
# Happens:  SWR compares objects of every class but Date and RegExp by identity, so a key with a `new URL()` or a Temporal value is another one at
#           each rendering. The answer is put away under a key that nobody asks for again, and its coming renders the component, which asks
#           anew: it never has data. In JSON each Set, Map and URLSearchParams is {}, so TanStack Query takes different filters for one, and
#           shows the rows of one under the name of the other. Neither says a word.
# Seen:     two components on a page, with different values of one class in their keys, made while they render:
#                               SWR                                        TanStack Query
#           Date:               2 calls, each its own rows                 2 calls, each its own rows
#           Temporal.Instant:   call after call (stopped at 20), no rows   2 calls, each its own rows
#           URL:                call after call (stopped at 20), no rows   2 calls, each its own rows
#           Set:                call after call (stopped at 20), no rows   1 call, both the rows of the first
#           Map:                call after call (stopped at 20), no rows   1 call, both the rows of the first
#           URLSearchParams:    call after call (stopped at 20), no rows   1 call, both the rows of the first
# Matters:  with SWR each open page asks the service as fast as it answers. With TanStack Query somebody reads one account's rows under the name of
#           another. To replace Date by Temporal is enough to get there from code that was right. Put texts into keys.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "node": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" node@26.10.0 swr@2.5.1 @tanstack/react-query@5.108.4 react@19.3.1 \
  react-dom@19.3.1 jsdom@31.0.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { JSDOM } from 'jsdom'

console.log(`SWR 2.5.1, TanStack Query 5.108.4, React 19.3.1, node ${process.version}`)
setTimeout(() => process.exit(1), 60_000).unref()
const { window } = new JSDOM('', { url: 'http://localhost', pretendToBeVisual: true })
const { document, navigator } = window
for (const [name, value] of Object.entries({ window, document, navigator })) Object.defineProperty(globalThis, name, { value, configurable: true })
const { createElement } = await import('react')
const { createRoot } = await import('react-dom/client')
const { default: useSWR, SWRConfig } = await import('swr')
const { QueryClient, QueryClientProvider, useQuery } = await import('@tanstack/react-query')

const server = createServer((request, response) => {
  response.end(`rows for ${decodeURIComponent(request.url.slice(1))}`)
}).listen(0, '127.0.0.1')
await once(server, 'listening')
const read = async (filter) => (await fetch(`http://127.0.0.1:${server.address().port}/${encodeURIComponent(filter)}`)).text()

const hooks = {
  SWR: (key, load) => useSWR(key, load),
  'TanStack Query': (queryKey, queryFn) => useQuery({ queryKey, queryFn }),
}
const MANY = 20
/** Renders two components until both have text, or have asked too often. */
const show = async (hook, make) => {
  const client = new QueryClient()
  const cache = new Map()
  let calls = 0
  const load = (filter) => () => {
    calls += 1
    return read(filter)
  }
  const Rows = ({ filter }) => createElement('p', null, calls < MANY ? hook(['rows', make(filter)], load(filter)).data : '')
  const both = ['2026-01-01', '2026-02-02'].map((filter) => createElement(Rows, { key: filter, filter }))
  const element = document.createElement('div')
  const root = createRoot(element)
  const queries = createElement(QueryClientProvider, { client }, both)
  root.render(createElement(SWRConfig, { value: { provider: () => cache } }, queries))
  const texts = () => [...element.querySelectorAll('p')].map(({ textContent }) => textContent)
  while (!(texts().length === 2 && texts().every(Boolean)) && calls < MANY) await sleep(5)
  const seen = { texts: texts(), calls }
  root.unmount()
  client.clear()
  return seen
}

const classes = {
  Date: (filter) => new Date(`${filter}T00:00Z`),
  'Temporal.Instant': (filter) => Temporal.Instant.from(`${filter}T00:00Z`),
  URL: (filter) => new URL(`http://localhost/${filter}`),
  Set: (filter) => new Set([filter]),
  Map: (filter) => new Map([['from', filter]]),
  URLSearchParams: (filter) => new URLSearchParams({ from: filter }),
}
const own = { text: '2 calls, each its own rows', texts: ['rows for 2026-01-01', 'rows for 2026-02-02'], calls: 2 }
const others = { text: '1 call, both the rows of the first', texts: ['rows for 2026-01-01', 'rows for 2026-01-01'], calls: 1 }
const endless = { text: 'call after call (stopped at 20), no rows', texts: ['', ''], calls: MANY }
for (const [name, make] of Object.entries(classes)) {
  const lines = []
  for (const [library, hook] of Object.entries(hooks)) {
    const collides = ['Set', 'Map', 'URLSearchParams'].includes(name)
    const { text, ...expected } = library === 'SWR' ? (name === 'Date' ? own : endless) : collides ? others : own
    const seen = await show(hook, make)
    // Both may ask before either stops.
    seen.calls = Math.min(seen.calls, MANY)
    assert.deepEqual(seen, expected, `${library}, ${name}`)
    lines.push(`${library}: ${text.padEnd(41)}`)
  }
  console.log(`${`${name}:`.padEnd(18)}  ${lines.join(' ').trimEnd()}`)
}
process.exit()
JS
node_modules/.bin/node see.mjs
