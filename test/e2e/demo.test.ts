/** The demo page in a real browser, against the whole service and the stand-in: what every visitor and a customer does. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { appId, png } from '../support/bff.ts'
import { canariesIn } from '../support/canaries.ts'
import { chromiumInstalled } from './browser.ts'
import { type Demo, mina, openDemo } from './demo-page.ts'

const withBrowser = chromiumInstalled() ? describe : describe.skip

withBrowser('the demo page', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo({ clipboard: true })
  })
  afterAll(() => demo[Symbol.asyncDispose]())
  beforeEach(() => demo.restart())
  afterEach(async () => {
    expect(demo.browser.complaints.splice(0)).toEqual([])
    // No key is in anything that the browser was sent.
    const bodies = await demo.bodies()
    expect(bodies.length).toBeGreaterThan(3)
    expect(bodies.filter(({ text }) => canariesIn(text).length > 0)).toEqual([])
  })

  test('is served under a strict policy, and nothing beside it is', async () => {
    const answer = await demo.page.goto('/')
    const policy = answer?.headers()['content-security-policy'] ?? ''
    expect(
      policy
        .split(';')
        .map((it) => it.trim())
        .sort(),
    ).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "img-src 'self' data: blob:",
      "script-src 'self'",
      "style-src 'self'",
    ])
    for (const path of ['/demo.page.ts', '/main.ts', '/demo.page.html', '/demo.css/', '/DEMO.css']) {
      expect((await fetch(demo.bff.app.publicUrl + path)).status).toBe(404)
    }
    const post = await fetch(`${demo.bff.app.publicUrl}/demo.js`, { method: 'POST' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    await demo.picture('door')
  })

  test('a customer edits the own profile, and only what changed is sent', async () => {
    await demo.signIn('customer')
    await demo.card('Your profile').getByLabel('Given name').fill('Mina Rose')
    await demo.page.getByLabel('Language').selectOption('fr')
    await demo.press('Save changes')
    await demo.seen('Saved. 200')
    expect(demo.last('update_app_user')).toMatchObject({ body: { givenName: 'Mina Rose', properties: { language: 'fr' } } })
    expect(demo.bff.sandbox.user(appId, mina)).toMatchObject({
      givenName: 'Mina Rose',
      surname: 'Okafor',
      properties: { language: 'fr', plan: 'gold' },
    })
    const { email } = demo.bff.sandbox.user(appId, mina)!
    await demo.card('Your profile').getByLabel('E-mail').fill('')
    await demo.press('Save changes')
    await demo.seen('email: cannot be emptied here')
    expect(demo.browser.complaints.splice(0)).toEqual([expect.stringContaining('400')])
    expect(demo.bff.sandbox.user(appId, mina)).toMatchObject({ email })
    await demo.card('Your profile').getByLabel('E-mail').fill(email!)
    await demo.press('Save changes')
    await demo.seen('no field has changed')
    await demo.picture('customer')
  })

  test('a customer sends a picture', async () => {
    await demo.signIn('customer')
    await demo.page.getByLabel(/^PNG, JPEG/).setInputFiles({ name: 'dot.png', mimeType: 'image/png', buffer: png })
    await demo.page.getByAltText('What you chose').waitFor()
    await demo.press('Send the picture')
    await demo.seen('Posted to the conversation. 201')
    const { parts } = demo.last('post_image_message')
    expect(parts).toContainEqual(expect.objectContaining({ field: 'role', value: 'appUser' }))
    expect(parts).toContainEqual(expect.objectContaining({ field: 'source', type: 'image/png', bytes: png.length }))
  })

  test('a customer links a phone, sees it pending, then confirmed, and unlinks it after a question', async () => {
    await demo.signIn('customer')
    await demo.press('Link by text message')
    await demo.page.locator('#clients').getByText('pending').waitFor()
    demo.bff.sandbox.confirmLink(appId, mina)
    await demo.seen('Confirmed: the channel is linked.')
    expect(await demo.page.locator('#clients').textContent()).toContain('+15145550100')
    await demo.press('Ask for the channel ids')
    await demo.seen('phoneNumber: +15145550100')
    await demo.press('Unlink twilio')
    expect(await demo.dialog().textContent()).toContain('DELETE /bff/v1.1/appusers/me/channels/twilio')
    await demo.page.keyboard.press('Escape')
    await demo.seen('Cancelled: nothing was changed.')
    expect(demo.bff.sandbox.requests.some(({ method }) => method === 'DELETE')).toBe(false)
    await demo.press('Unlink twilio')
    await demo.agree('Unlink twilio')
    await demo.seen('Unlinked. 200')
    expect(demo.last('unlink_app_user').url).toMatch(/\/channels\/twilio$/)
    expect(demo.bff.sandbox.user(appId, mina)?.clients.map(({ platform }) => platform)).toEqual(['web'])
  })

  test('codes are blurred until asked for, and are good', async () => {
    await demo.signIn('customer')
    await demo.press('Get an auth code')
    const code = demo.page.locator('#code')
    await code.getByRole('button', { name: 'Show' }).waitFor()
    await demo.browser.settled()
    const given = JSON.parse(demo.browser.bodies.findLast(({ url }) => url.endsWith('/authcode'))!.text).authCode as string
    expect(await demo.pageHolds(given)).toBe(false)
    await code.getByRole('button', { name: 'Show' }).click()
    expect(await code.locator('code').textContent()).toBe(given)
    expect(demo.bff.sandbox.redeem(given)).toMatchObject({ kind: 'auth' })

    await demo.page.getByLabel('Integration id').fill(demo.bff.sandbox.integration(appId, 'messenger')!)
    await demo.press('Get a link request')
    await demo.page.locator('#requests').getByRole('button', { name: 'Show' }).click()
    expect(await demo.page.locator('#requests').textContent()).toContain('https://m.me/')
    await demo.signOut()
    expect([await demo.pageHolds(given), await demo.pageHolds('https://m.me/')]).toEqual([false, false])
  })

  test('a session that ended elsewhere leads back to the door, with nothing left on show', async () => {
    await demo.signIn('customer')
    await demo.page.context().clearCookies()
    await demo.press('Get an auth code')
    await demo.seen('Your session has ended.')
    expect(await demo.pageHolds('mina@example.org')).toBe(false)
    demo.expectRefusals(1)
  })

  test('the log tells each call, and gives it as code that runs', async () => {
    await demo.signIn('customer')
    const entry = demo.page.locator('#calls > li').first()
    await entry.getByText('/bff/v1.1/appusers/me').waitFor()
    expect(await entry.textContent()).toMatch(/GET.*200.*\d+ ms.*req_/s)
    await entry.getByRole('button', { name: 'Copy as fetch' }).click()
    await entry.getByText('Copied').waitFor()
    const code = await demo.page.evaluate(() => navigator.clipboard.readText())
    expect(code).toContain("method: 'GET'")
    expect(await demo.page.evaluate(`(async () => (${code}).json())()`)).toMatchObject({ appUser: { userId: mina } })
  })

  test('works on a phone and in the dark, without scrolling sideways', async () => {
    await demo.page.setViewportSize({ width: 360, height: 740 })
    await demo.page.emulateMedia({ colorScheme: 'dark' })
    await demo.signIn('admin')
    await demo.lookUp(mina)
    expect(await demo.page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
    await demo.picture('phone-dark')
    await demo.page.setViewportSize({ width: 1440, height: 900 })
    await demo.page.emulateMedia({ colorScheme: 'light' })
  })

  test('can be worked by keyboard alone', async () => {
    await demo.page.keyboard.press('Tab')
    expect(await demo.page.locator(':focus').textContent()).toBe('Skip to the content')
    await demo.page.getByRole('button', { name: 'Sign in as customer' }).focus()
    await demo.page.keyboard.press('Enter')
    await demo.page.locator('#person-title:focus').waitFor()
    await demo.page.keyboard.press('Tab')
    expect(await demo.page.locator(':focus').getAttribute('name')).toBe('givenName')
    await demo.page.keyboard.type('Mia')
    await demo.page.keyboard.press('Enter')
    await demo.seen('Saved. 200')
    expect(demo.last('update_app_user')).toMatchObject({ body: { givenName: 'Mia' } })
  })
})
