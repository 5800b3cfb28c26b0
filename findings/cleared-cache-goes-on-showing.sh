#!/usr/bin/env bash
# @tanstack/query-core 5.108.4: after `queryClient.clear()` what is on the page goes on showing the last person, and what was loading loads for ever.
#
# Expected: clear() at a logout empties the cache; who is still on the page has nothing any more, or asks again, as the next person.
# Happens:  the queries are taken out of the cache and nobody is told. A mounted component keeps hold of its query and its data; invalidateQueries()
#           and refetchQueries() look for it in the cache, where it is not. A load under way is called off without a result, so that its component
#           stays at pending.
# Seen:     a page that shows the user; Mina is logged in, then Bob; what the component has, and how often the service was asked after the change:
#           clear():                               mina, asked 0 times
#           clear(), then invalidateQueries():     mina, asked 0 times
#           clear() while the user is loading:     nothing, pending, asked 0 times
#           resetQueries():                        bob, asked 1 time
#           reset while the user is loading:       bob, asked 1 time
# Matters:  without a full load of the page at the logout, a head line, a menu or a count outside of what is mounted anew shows Bob the name and the
#           rights of Mina until something makes it ask; what was loading turns for ever. Use resetQueries(), or key the provider by the session.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" @tanstack/query-core@5.108.4

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { QueryClient, QueryObserver } from '@tanstack/query-core'

setTimeout(() => process.exit(1), 30_000).unref()
console.log(`@tanstack/query-core 5.108.4, node ${process.version}`)
const see = async (title, expected, act, { loading = false } = {}) => {
  let session = 'mina'
  let asked = 0
  let answer = () => {}
  const client = new QueryClient()
  client.mount()
  const observer = new QueryObserver(client, {
    queryKey: ['user'],
    queryFn: ({ signal }) => {
      const person = session
      asked += 1
      if (!loading || person === 'bob') return person
      return new Promise((resolve, reject) => {
        answer = () => resolve(person)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    },
  })
  observer.subscribe(() => {})
  const settle = async () => {
    for (let nth = 0; nth < 20; nth += 1) await turn()
  }
  await settle()
  assert.equal(observer.getCurrentResult().data, loading ? undefined : 'mina')
  session = 'bob'
  asked = 0
  await act(client)
  answer()
  await settle()
  const { data = 'nothing', status } = observer.getCurrentResult()
  const told = `${data}${status === 'success' ? '' : `, ${status}`}, asked ${asked} ${asked === 1 ? 'time' : 'times'}`
  console.log(`${`${title}:`.padEnd(38)} ${told}`)
  assert.equal(told, expected)
  client.unmount()
}
const clear = async (client) => client.clear()
const again = async (client) => {
  client.clear()
  await client.invalidateQueries()
}
const reset = (client) => client.resetQueries()
await see('clear()', 'mina, asked 0 times', clear)
await see('clear(), then invalidateQueries()', 'mina, asked 0 times', again)
await see('clear() while the user is loading', 'nothing, pending, asked 0 times', clear, { loading: true })
await see('resetQueries()', 'bob, asked 1 time', reset)
await see('reset while the user is loading', 'bob, asked 1 time', reset, { loading: true })
process.exit()
JS
node see.mjs
