/** smooch-bff/upload in a browser: an image by the client, on a slow line, with what the page hears meanwhile. */
import { resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { bundleIn } from '../package/project.ts'
import { type Bff, png, startBff } from '../support/bff.ts'
import { type Browser, chromiumInstalled, openBrowser } from './browser.ts'

/** Sends a file with so many zeros behind its own bytes, and keeps what happens; `stopAt`: aborts after so many bytes. */
const script = `import { ClientError, createClient } from './client.ts'
import { fetchWithProgress } from './upload.ts'
const client = createClient({ base: '/bff' })
globalThis.send = async ({ bytes, more = 0, stopAt = Infinity }) => {
  const progress = []
  const controller = new AbortController()
  const told = (at) => {
    progress.push(at)
    if (at.loaded > stopAt) controller.abort()
  }
  const options = { fetch: fetchWithProgress(told), signal: controller.signal, reason: 'customer_request' }
  const source = new Blob([Uint8Array.from(bytes), new Uint8Array(more)], { type: 'image/png' })
  const answer = client.post_image_message({ userId: 'me', role: 'appUser', source }, options)
  const outcome = await answer.then(
    ({ message, meta }) => ({ type: message.type, status: meta.status, requestId: meta.requestId, limit: meta.rateLimit?.name }),
    (error) => ({ name: error.name, ours: error instanceof ClientError, code: error.code, status: error.status, description: error.description }),
  )
  return { progress, outcome }
}`

interface Sent {
  readonly progress: readonly { loaded: number; total: number }[]
  readonly outcome: Record<string, unknown>
}

const whenBrowser = chromiumInstalled() ? describe : describe.skip
whenBrowser('an upload that tells how far it is', () => {
  let bff: Bff
  let browser: Browser
  const image = { bytes: [...png] }
  const large = { ...image, more: 400_000 }

  const send = (file: { bytes: readonly number[]; more?: number; stopAt?: number }): Promise<Sent> =>
    browser.page.evaluate((given) => (globalThis as unknown as { send(file: unknown): Promise<Sent> }).send(given), file)

  /** Images that the vendor has taken. */
  const posted = (): number => bff.sandbox.requests.filter(({ operation, applied }) => operation === 'post_image_message' && applied).length

  const signIn = async (): Promise<void> => {
    const { cookie = '' } = await bff.signIn({ kind: 'cookie' })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)
    await browser.page.context().addCookies([{ name, value, url: bff.app.publicUrl, httpOnly: true, sameSite: 'Strict' }])
  }

  beforeAll(async () => {
    bff = await startBff()
    browser = await openBrowser(bff.app.publicUrl)
    const { page } = browser
    const code = (await bundleIn(resolve('src/contract'), script)).replaceAll('</script', '<\\/script')
    const body = `<!doctype html><title>page</title><link rel="icon" href="data:,"><script type="module">${code}</script>`
    await page.route('**/page', (route) => route.fulfill({ contentType: 'text/html', body }))
    await page.goto('/page')
    const line = await page.context().newCDPSession(page)
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 400_000 }
    await line.send('Network.emulateNetworkConditions', slow)
  })
  beforeEach(() => browser.page.context().clearCookies())
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await bff[Symbol.asyncDispose]()
  })

  test('tells the bytes sent, more each time, until all of them are; the answer is the one of any call', async () => {
    await signIn()
    const before = posted()
    const { progress, outcome } = await send(large)
    expect(posted()).toBe(before + 1)
    expect(outcome).toEqual({ type: 'image', status: 201, requestId: expect.stringMatching(/./), limit: 'images' })
    expect(progress.length).toBeGreaterThan(2)
    const loaded = progress.map((at) => at.loaded)
    expect(loaded).toEqual(loaded.toSorted((a, b) => a - b))
    expect(loaded[0]).toBeLessThan(large.more)
    const { total } = progress.at(-1)!
    expect(total).toBeGreaterThan(large.more)
    expect(new Set(progress.map((at) => at.total))).toEqual(new Set([total]))
    expect(loaded.at(-1)).toBe(total)
  })

  test('ends when it is aborted, with the reason of the signal, and posts nothing', async () => {
    await signIn()
    const before = posted()
    const { progress, outcome } = await send({ ...large, stopAt: 1 })
    expect(outcome).toMatchObject({ name: 'AbortError', ours: false })
    expect(progress.at(-1)!.loaded).toBeLessThan(progress.at(-1)!.total)
    expect(posted()).toBe(before)
  })

  test('is refused in the words of the service: nobody is signed in, no image', async () => {
    expect((await send(large)).outcome).toMatchObject({ ours: true, status: 401, code: 'unauthorized' })
    await signIn()
    expect((await send({ bytes: [1, 2, 3] })).outcome).toMatchObject({ ours: true, status: 415, description: expect.stringMatching(/PNG/) })
  })

  test('follows no redirect, and a call without an answer fails as with fetch', async () => {
    const { page } = browser
    await page.route('**/bff/v1.1/**', (route) => route.abort('connectionrefused'))
    expect((await send(image)).outcome).toMatchObject({ name: 'TypeError', ours: false })
    await page.unroute('**/bff/v1.1/**')
    await page.route('**/bff/v1.1/**', (route) => route.fulfill({ status: 303, headers: { location: '/bff/auth/session' } }))
    expect((await send(image)).outcome).toMatchObject({ name: 'TypeError', ours: false })
    await page.unroute('**/bff/v1.1/**')
  })
})
