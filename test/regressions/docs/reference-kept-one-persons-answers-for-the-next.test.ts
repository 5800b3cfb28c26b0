/** What somebody had tried in the reference stayed on the page after they had signed out, by its own form or in another tab, for whoever came next. */
import { describe, expect, test } from '@jest/globals'
import { chromiumInstalled, openBrowser } from '../../e2e/browser.ts'
import { mina, startBff } from '../../support/bff.ts'

const given = chromiumInstalled() ? describe : describe.skip
given('the reference', () => {
  test.each(['by its own form', 'in another tab'])('forgets what was tried once its person has signed out %s', async (how) => {
    await using bff = await startBff()
    const origin = bff.app.origins[0]!
    await using browser = await openBrowser(origin)
    const { page } = browser
    const { cookie = '' } = await bff.signIn({ kind: 'cookie' })
    const [name = '', value = ''] = cookie.split(/=(.*)/s)
    await page.context().addCookies([{ name, value, url: origin, httpOnly: true, sameSite: 'Strict' }])
    const form = async (id: string) => {
      const article = page.locator(`article[id="${id}"]`)
      await article.getByText(`Try ${id}`).click()
      return article.locator('form')
    }
    await page.goto('/bff/docs')
    await page.getByText('Signed in as').waitFor()
    const own = await form('get_app_user')
    const example = await own.getByLabel('userId').inputValue()
    await own.getByLabel('userId').fill('me')
    await own.getByRole('button').click()
    await own.locator('pre', { hasText: mina.givenName }).waitFor()

    if (how === 'by its own form') {
      const out = await form('sign_out')
      await out.getByRole('checkbox').check()
      await out.getByRole('button').click()
      await out.getByText(/^204 in/).waitFor()
    } else {
      await bff.private('POST', '/sessions/end', { userId: mina.userId })
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    }
    await page.getByText('Not signed in').waitFor()
    expect([await own.locator('pre').textContent(), await own.getByLabel('userId').inputValue()]).toEqual(['', example])
  })
})
