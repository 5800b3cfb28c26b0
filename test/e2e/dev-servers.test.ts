/** The recipes of docs/use.md for development servers, in a browser. Vite itself runs; for Angular and Next runs the proxy that they are made with, told what the page tells them. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createProxyMiddleware } from 'http-proxy-middleware'
import { consumerProject, consumersInstalled } from '../consumers/installed.ts'
import { type Bff, startBff } from '../support/bff.ts'
import { endProcess, untilSaid } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { createWalker } from '../support/walk.ts'
import { startWithProvider } from '../support/with-provider.ts'
import { type Browser, chromiumInstalled, openBrowser } from './browser.ts'

const recipes = readFileSync('docs/use.md', 'utf8').split('\n### While you develop\n')[1]!.split('\n### ')[0]!
/** The block with this sign, for another address of the service. */
const recipeFor = (sign: string, service: string): string =>
  [...recipes.matchAll(/```\w+\n([^`]+)```/g)]
    .map(([, text]) => text!)
    .find((text) => text.includes(sign))!
    .replaceAll(/http:\/\/localhost:[34]000/g, service)

const setUps = [
  ['Angular with its proxy.conf.json', JSON.parse(recipeFor('"changeOrigin"', ''))['/bff'] as { changeOrigin: boolean }],
  ['Vite in its short form', { changeOrigin: true }],
  ['rewrites of Next', { changeOrigin: true, xfwd: true }],
] as const

type SetUp = (typeof setUps)[number][1]

/** A page, and /bff proxied to the service. */
const startDevServer = async (port: number, target: string, setUp: SetUp): Promise<AsyncDisposable & { origin: string }> => {
  const proxy = createProxyMiddleware({ pathFilter: '/bff', ...setUp, target })
  const server = createServer((req, res) => {
    void proxy(req, res, () =>
      res.setHeader('Content-Type', 'text/html').end('<!doctype html><link rel="icon" href="data:,"><title>page</title>'),
    )
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What a page's script hears: a read, a change, the sign-out. */
const callsOfPage = async ({ page }: Browser, bff: Bff, origin: string) => {
  await page.context().clearCookies()
  const { cookie = '' } = await bff.signIn({ kind: 'cookie' })
  const [name = '', value = ''] = cookie.split(/=(.*)/s)
  await page.context().addCookies([{ name, value, url: origin, httpOnly: true, sameSite: 'Strict' }])
  await page.goto(`${origin}/`)
  return await page.evaluate(async () => {
    const call = async (method: string, path: string, body?: string) => {
      const headers = { 'X-BFF-CSRF': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) }
      const answer = await fetch(`/bff${path}`, { method, headers, ...(body !== undefined && { body }) })
      const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string }
      return { status: answer.status, detail }
    }
    return [
      await call('GET', '/v1.1/appusers/me'),
      await call('PUT', '/v1.1/appusers/me', '{"givenName":"Ann"}'),
      await call('DELETE', '/auth/session'),
    ]
  })
}

/** Vite itself, with the configuration of the page. */
const startVite = async (port: number, service: string): Promise<AsyncDisposable> => {
  const project = consumerProject()
  project.write('index.html', '<!doctype html><link rel="icon" href="data:,"><title>page</title>')
  project.write('vite.config.mjs', recipeFor('export default { server', service))
  const words = [`${project.folder}/node_modules/vite/bin/vite.js`, '--port', String(port), '--strictPort', '--host', '127.0.0.1']
  const child = spawn(process.execPath, words, { cwd: project.folder, stdio: ['ignore', 'pipe', 'pipe'] })
  // Not its port: to see whether it is free, Vite listens on it and closes it again before it serves.
  await untilSaid(child, 'Local')
  return {
    [Symbol.asyncDispose]: async () => {
      await endProcess(child, 'SIGTERM')
      project[Symbol.dispose]()
    },
  }
}

const withBrowser = chromiumInstalled() ? describe : describe.skip
withBrowser('a page behind', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await openBrowser('http://localhost')
  })
  afterAll(async () => await browser[Symbol.asyncDispose]())

  test.each(setUps)('%s reads, writes and signs out with the setting of the recipe', async (_name, setUp) => {
    const [page, service] = [await freePort(), await freePort()]
    const origins = [`http://localhost:${page}`, ...(setUp.changeOrigin ? [`http://localhost:${service}`] : [])]
    await using bff = await startBff({ env: { PORT: String(service), PUBLIC_ORIGIN: origins.join(',') } })
    await using dev = await startDevServer(page, `http://localhost:${service}`, setUp)
    expect((await callsOfPage(browser, bff, dev.origin)).map(({ status }) => status)).toEqual([200, 200, 204])
  })

  const withVite = consumersInstalled() ? test : test.skip
  withVite('Vite reads, writes and signs out with the configuration of the recipe', async () => {
    const port = await freePort()
    await using bff = await startBff({ env: { PUBLIC_ORIGIN: `http://localhost:${port}` } })
    await using _vite = await startVite(port, bff.app.publicUrl)
    expect((await callsOfPage(browser, bff, `http://localhost:${port}`)).map(({ status }) => status)).toEqual([200, 200, 204])
  })

  test('Next rewrites to the same path', () => {
    const [, source, destination] = /source: '([^']+)', destination: '([^']+)'/.exec(recipeFor('rewrites', 'http://localhost:4000'))!
    expect(destination).toBe(`http://localhost:4000${source}`)
  })

  test.each(setUps)('%s hears what to set without it', async (_name, setUp) => {
    await using bff = await startBff()
    await using dev = await startDevServer(0, bff.app.publicUrl, setUp)
    const [read, write] = await callsOfPage(browser, bff, dev.origin)
    if (setUp.changeOrigin) {
      expect([read!.status, write!.status]).toEqual([200, 403])
      expect(write!.detail).toMatch(/Origin of this call is not in PUBLIC_ORIGIN.*development server/)
    } else {
      expect([read!.status, write!.status]).toEqual([421, 421])
      expect(read!.detail).toMatch(/must stand in PUBLIC_ORIGIN.*proxy must pass the Host header on/)
    }
  })
})

test('signing in through a development server that passes Host on comes back to its page', async () => {
  const page = await freePort()
  await using it = await startWithProvider({ PUBLIC_ORIGIN: `http://localhost:${page}` })
  await using dev = await startDevServer(page, it.bff.app.publicUrl, { changeOrigin: false })
  const walker = createWalker()
  const { last } = await walker.signIn(`${dev.origin}/bff/auth/login`, 'ada')
  expect(last.url).toMatch(new RegExp(`^${dev.origin}/bff/auth/callback\\?`))
  const who = await walker.visit(`${dev.origin}/bff/auth/session`, { headers: walker.headers(dev.origin) })
  expect(JSON.parse(who.text)).toMatchObject({ signedIn: true })
})
