/** The pages of the demo, for everybody who may sign in there: read by axe in light and dark, in a wide window, at 200 % and on a phone. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { axeIn } from './axe.ts'
import { chromiumInstalled } from './browser.ts'
import { type Demo, openDemo } from './demo-page.ts'

const widths = [1280, 640, 390]

const withBrowser = chromiumInstalled() ? describe : describe.skip
withBrowser('axe finds no fault, and nothing scrolls sideways', () => {
  let demo: Demo
  beforeAll(async () => {
    demo = await openDemo()
  })
  afterAll(() => demo[Symbol.asyncDispose]())

  const found = async (): Promise<string[]> => {
    const faults: string[] = []
    for (const width of widths) {
      await demo.page.setViewportSize({ width, height: 800 })
      faults.push(...(await axeIn(demo.page)).map((fault) => `${width}: ${fault}`))
      if (await demo.page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth))
        faults.push(`${width}: scrolls sideways`)
    }
    return faults
  }

  test.each(['/', '/bff/auth/login?returnTo=/'])('on the page that one signs in from: %s', async (path) => {
    await demo.page.goto(path)
    expect(await found()).toEqual([])
  })

  test.each(['customer', 'agent', 'admin'] as const)('on the page of the %s', async (person) => {
    await demo.restart()
    await demo.signIn(person)
    expect(await found()).toEqual([])
  })
})
