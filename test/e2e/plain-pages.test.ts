/** Pages without a style of their own, which people meet when something went wrong or on the way between two sites: read by axe in a real browser, in light and dark, on a phone and at 200 %. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { RequestHandler } from 'express'
import { pageRoutes } from '../../src/http/endpoint.ts'
import { interstitialPage } from '../../src/http/plain-page.ts'
import { asPage } from '../../src/http/response-headers.ts'
import { startBff } from '../support/bff.ts'
import { startWithProvider, type WithProvider } from '../support/with-provider.ts'
import { axeIn } from './axe.ts'
import { type Browser, chromiumInstalled, openBrowser } from './browser.ts'

const widths = [1280, 640, 390]

const withBrowser = chromiumInstalled() ? describe : describe.skip
withBrowser('a page for people who are not where they wanted to be', () => {
  let it: WithProvider
  let browser: Browser
  beforeAll(async () => {
    it = await startWithProvider()
    browser = await openBrowser(it.origin)
  })
  afterAll(async () => {
    await browser[Symbol.asyncDispose]()
    await it[Symbol.asyncDispose]()
  })

  const readBy = async (sentence: string | RegExp) => {
    const { page } = browser
    await page.getByText(sentence).first().waitFor()
    const found: string[] = []
    // What browsers paint where a page names no colour, which axe takes for white in the dark too.
    await page.evaluate(() => {
      document.documentElement.style.background = 'Canvas'
    })
    for (const width of widths) {
      await page.setViewportSize({ width, height: 700 })
      found.push(...(await axeIn(page)).map((fault) => `${width}: ${fault}`))
      const scrolls = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
      if (scrolls) found.push(`${width}: scrolls sideways`)
    }
    await page.emulateMedia({ colorScheme: 'dark' })
    // The colours that the browser takes where a page names none: dark ones, when the page says that it can be dark.
    const ink = await page.evaluate(() => getComputedStyle(document.body).color)
    if (ink === 'rgb(0, 0, 0)') found.push('stays light in the dark')
    await page.emulateMedia({ colorScheme: 'light' })
    expect(found).toEqual([])
  }

  test('after a sign-in that was begun in another browser', async () => {
    await browser.page.goto('/bff/auth/callback?code=x&state=y')
    await readBy('This sign-in was begun too long ago')
  })

  test('after a sign-in that asked in words that are not known', async () => {
    await browser.page.goto('/bff/auth/login?returnTo=/&theme=dark')
    await readBy('You are not signed in')
  })

  test('after a sign-in that the provider refused', async () => {
    await browser.page.goto('/bff/auth/login?returnTo=/')
    await browser.page.waitForURL((url) => url.origin !== it.origin)
    await browser.page.getByText('Cancel').click()
    await readBy(/^Request req_/)
  })

  test('after a sign-out that came by no form', async () => {
    await browser.page.goto('/bff/openapi.json')
    await browser.page.setContent('<form method="post" action="/bff/auth/logout?x=1"><button>Out</button></form>')
    await browser.page.getByRole('button').click()
    await readBy('You are not signed out')
  })

  test('in the audit console, without a session and without the role', async () => {
    await browser.page.goto('/bff/ops')
    await readBy('You are not signed in')
    const { cookie = '' } = await it.bff.signIn({ kind: 'cookie', roles: ['agent'], actor: { id: 'abe' } })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)
    await browser.page.context().addCookies([{ name, value, url: it.origin, httpOnly: true, sameSite: 'Strict' }])
    await browser.page.goto('/bff/ops')
    await readBy('This is not for your role')
    await browser.page.context().clearCookies()
  })

  test('between another site and ours', async () => {
    // The page leads on at once; an answer without content leaves it where it is.
    const between: RequestHandler = (_req, res) => void res.type('html').send(interstitialPage('/nothing'))
    const nothing: RequestHandler = (_req, res) => void res.status(204).end()
    await using server = await startBff({
      extend: () => ({
        root: pageRoutes({ '/between': [asPage, between], '/nothing': [nothing] }),
      }),
    })
    await browser.page.goto(`${server.app.origins[0]}/between`)
    await readBy('Continue')
  })
})
