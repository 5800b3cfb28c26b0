#!/usr/bin/env bash
# helmet 8.3.0 with express 5.3.0 and Chromium 156: a login form whose answer redirects to the identity provider does nothing under helmet's default
# policy.
#
# Expected: `form-action 'self'` lets a page send its forms to its own service. POST /login is that, and where the service redirects to is its own
#           affair; a link to the same address leads to the provider.
# Happens:  Chromium holds each redirect that follows a form against form-action as well. The POST reaches the service, which makes state, nonce
#           and verifier, and the browser drops its answer. The page stays as it is. The one message, in the console, blames the address
#           that is allowed: "Sending form data to '/login' violates ... form-action 'self'".
# Seen:     a button in a form with method=post and action=/login, answered 303 to the provider on another port:
#           helmet() as it comes, form:            stays on the app, 1 login begun; the console blames /login
#           helmet() as it comes, link:            the provider
#           formAction with the provider, form:    the provider
#           no helmet, form:                       the provider
# Matters:  login by POST, as it should be against forged logins, and logout by a form that is sent on to the provider's end_session_endpoint stop
#           at the browser. After such a logout the own session is gone and that of the provider is not. Tests by fetch or supertest follow
#           the redirect and pass. Name the providers in formAction.
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
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" helmet@8.3.0 express@5.3.0 playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import express from 'express'
import helmet from 'helmet'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`helmet 8.3.0, express 5.3.0, Chromium ${browser.version()}, node ${process.version}`)

const listen = async (app) => {
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}`
}
const provider = await listen(express().get('/authorize', (_, response) => response.send('<!doctype html><title>the provider</title>')))

let logins = 0
const page = '<!doctype html><title>the app</title><form method="post" action="/login"><button>Log in</button></form><a href="/login">Log in</a>'
const app = (guard) => {
  const app = express()
  if (guard) app.use(guard)
  app.get('/', (_, response) => response.send(page))
  app.all('/login', (_, response) => {
    logins += 1
    response.redirect(303, `${provider}/authorize`)
  })
  return listen(app)
}

const press = async (url, control) => {
  const tab = await browser.newPage()
  const blocked = new Promise((settle) => tab.on('console', (message) => message.text().includes('form-action') && settle(message.text())))
  const arrived = tab.waitForURL(`${provider}/**`).then(() => '', () => '')
  logins = 0
  await tab.goto(url)
  await tab.click(control)
  const text = await Promise.race([blocked, arrived])
  const title = await tab.title()
  await tab.close()
  if (!text) return title
  assert.match(text, new RegExp(`^Sending form data to '${url}/login' violates .*"form-action 'self'"`))
  assert.equal(title, 'the app')
  return `stays on the app, ${logins} login begun; the console blames /login`
}

const plain = await app(helmet())
const named = await app(helmet({ contentSecurityPolicy: { directives: { formAction: ["'self'", provider] } } }))
const none = await app()
for (const [title, url, control, expected] of [
  ['helmet() as it comes, form', plain, 'button', 'stays on the app, 1 login begun; the console blames /login'],
  ['helmet() as it comes, link', plain, 'a', 'the provider'],
  ['formAction with the provider, form', named, 'button', 'the provider'],
  ['no helmet, form', none, 'button', 'the provider'],
]) {
  const seen = await press(url, control)
  console.log(`${`${title}:`.padEnd(38)} ${seen}`)
  assert.equal(seen, expected)
}
await browser.close()
process.exit()
JS
node see.mjs "$browser"
