#!/usr/bin/env bash
# react-dom 19.3.1 in Chromium 156: a form whose action refuses what was entered is emptied, and a select stays so in spite of defaultValue.
#
# Expected: a form by useActionState() whose action returns an error shows the error beside what was entered, which is why one returns it. Said is
#           that React resets a form when its action has succeeded.
# Happens:  an action has succeeded if it has not thrown, and a refusal is returned. So every uncontrolled field is reset, to its default. A text
#           field can be given the text that was sent, as its defaultValue; for a select React marks the default option in the page only when it is
#           made, and the reset goes back to that one.
# Seen:     a name, a choice and a mark are entered, and the action returns { error, sent }:
#           no defaults:                      name "", choice a, mark no
#           defaultValue of what was sent:    name "Ann", choice a, mark yes
#           the same, select with a key:      name "Ann", choice b, mark yes
#           onSubmit and preventDefault:      name "Ann", choice b, mark yes
# Matters:  "name is taken" costs the user the whole form, or, once texts are kept, silently one choice: the next attempt is accepted with the first
#           option of each list, as country, role or currency. A key={sent} on each select makes it anew with the right default.
# Needs Chromium (Debian: chromium).
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo 'Chromium is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "allowScripts": { "esbuild": true } }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" react@19.3.1 react-dom@19.3.1 esbuild@0.28.2 playwright-core@1.65.1

cat >form.jsx <<'JS'
import { useActionState, useState } from 'react'
import { createRoot } from 'react-dom/client'

const Fields = ({ sent = {}, kept, keyed }) => (
  <>
    <input name="name" defaultValue={kept ? sent.name : undefined} />
    <select name="choice" key={keyed ? sent.choice : 'one'} defaultValue={kept ? sent.choice : undefined}>
      <option>a</option>
      <option>b</option>
    </select>
    <input name="mark" type="checkbox" defaultChecked={kept && sent.mark === 'on'} />
    <button>Send</button>
  </>
)
const refuse = async (_, data) => ({ error: 'name is taken', sent: Object.fromEntries(data) })
const ByAction = (props) => {
  const [{ error, sent }, action] = useActionState(refuse, {})
  return (
    <form action={action}>
      <Fields sent={sent} {...props} />
      <p>{error}</p>
    </form>
  )
}
const BySubmit = () => {
  const [error, setError] = useState()
  const submit = async (event) => {
    event.preventDefault()
    setError((await refuse(undefined, new FormData(event.target))).error)
  }
  return (
    <form onSubmit={submit}>
      <Fields />
      <p>{error}</p>
    </form>
  )
}
const ways = { plain: <ByAction />, kept: <ByAction kept />, keyed: <ByAction kept keyed />, submit: <BySubmit /> }
createRoot(document.querySelector('main')).render(ways[location.hash.slice(1)])
JS
cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { buildSync } from 'esbuild'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`react-dom 19.3.1, Chromium ${browser.version()}, node ${process.version}`)
const define = { 'process.env.NODE_ENV': '"production"' }
const script = buildSync({ entryPoints: ['form.jsx'], bundle: true, write: false, jsx: 'automatic', define }).outputFiles[0].text
const server = createServer(({ url }, response) => {
  response.setHeader('content-type', url === '/form.js' ? 'text/javascript' : 'text/html')
  response.end(url === '/form.js' ? script : '<!doctype html><main></main><script src="/form.js"></script>')
}).listen(0, '127.0.0.1')
await once(server, 'listening')

for (const [title, way, expected] of [
  ['no defaults', 'plain', 'name "", choice a, mark no'],
  ['defaultValue of what was sent', 'kept', 'name "Ann", choice a, mark yes'],
  ['the same, select with a key', 'keyed', 'name "Ann", choice b, mark yes'],
  ['onSubmit and preventDefault', 'submit', 'name "Ann", choice b, mark yes'],
]) {
  const page = await browser.newPage()
  await page.goto(`http://127.0.0.1:${server.address().port}/#${way}`)
  const [name, choice, mark] = ['name', 'choice', 'mark'].map((field) => page.locator(`[name=${field}]`))
  await name.fill('Ann')
  await choice.selectOption('b')
  await mark.check()
  await page.getByRole('button').click()
  await page.getByText('name is taken').waitFor()
  // The reset is of the same turn as the text of the error, or of the next.
  await page.waitForTimeout(300)
  const seen = `name ${JSON.stringify(await name.inputValue())}, choice ${await choice.inputValue()}, mark ${(await mark.isChecked()) ? 'yes' : 'no'}`
  console.log(`${`${title}:`.padEnd(33)} ${seen}`)
  assert.equal(seen, expected)
  await page.close()
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
