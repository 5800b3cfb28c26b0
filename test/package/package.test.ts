/** The package, packed and installed alone into an empty folder: what is in it, the client and the hooks. */
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { publint } from 'publint'
import { consumerProject, consumersInstalled } from '../consumers/installed.ts'
import { chromiumInstalled, openBrowser } from '../e2e/browser.ts'
import { mina, startBff } from '../support/bff.ts'
import { canariesIn } from '../support/canaries.ts'
import { type Installed, install, type Package, pack } from './install.ts'
import { bundleIn, compileIn, page, program, resolutions } from './project.ts'

let packed: Package
let project: Installed
beforeAll(() => {
  packed = pack()
  project = install(packed, { dependencies: false })
})
afterAll(() => {
  for (const it of [project, packed]) it[Symbol.dispose]()
})

const read = (file: string): string => readFileSync(join(project.root, file), 'utf8')

describe('the package', () => {
  test('holds what runs and what operators read: no test, no source, no settings of anybody', () => {
    const code = /^dist\/(config|src)\/[\w/-]+\.(js|css|html|go|d\.ts)$/
    const pages = /^(docs\/[\w-]+\.md|config\/example\.env|(README|CHANGELOG|SECURITY)\.md|LICENSE|package\.json)$/
    expect(packed.files.filter((file) => !code.test(file) && !pages.test(file))).toEqual([])
    expect(packed.files).toEqual(
      expect.arrayContaining(['dist/src/main.js', 'dist/src/contract/client.d.ts', 'dist/src/docs/browser/docs.css']),
    )
  })

  test('holds no secret', () => {
    const secret = /-----BEGIN [A-Z ]*PRIVATE KEY-----\s+[A-Za-z0-9+/]{20}|\b(k1|p1|backend):[0-9a-f]{32}/
    expect(packed.files.filter((file) => secret.test(read(file)) || canariesIn(read(file)).length > 0)).toEqual([])
  })

  test('holds every file that one of its files imports or loads', () => {
    const missing = packed.files
      .filter((file) => /\.(js|d\.ts)$/.test(file) && !file.includes('/dev/demo/') && !file.includes('/browser/'))
      .flatMap((file) =>
        [...read(file).matchAll(/(?:from |import\(|new URL\()'(\.[^']+\.\w+)'/g)].map(([, to = '']) => join(dirname(file), to)),
      )
      .filter((target) => !packed.files.includes(target))
    expect(missing).toEqual([])
  })

  test('is found by bundlers and by Node as its package.json says', async () => {
    expect((await publint({ pkgDir: project.root, pack: false })).messages).toEqual([])
  })

  // Not for CommonJS, which gets at it by import(), nor for TypeScript that reads no exports: the package has ES modules alone.
  const whenConsumers = consumersInstalled() ? test : test.skip
  whenConsumers('gives bundlers and ES modules in Node the types of each of its entries', () => {
    using consumer = consumerProject()
    const attw = (profile: string) => consumer.run('attw', packed.tarball, '--profile', profile, '--format', 'table-flipped')
    const promised = attw('esm-only')
    expect([promised.status, promised.output]).toEqual([0, expect.not.stringContaining('❌')])
    const { exports } = JSON.parse(read('package.json')) as { exports: object }
    for (const entry of Object.keys(exports)) expect(promised.output).toContain(`"smooch-bff${entry.slice(1)}"`)
    expect(attw('strict')).toMatchObject({ status: 1, output: expect.stringContaining('dynamic import only') })
  })
})

describe('smooch-bff/client', () => {
  test.each(resolutions)('compiles where nothing else is installed, and a misspelt field does not (%s)', (resolution) => {
    expect(compileIn(project.folder, program('givenName'), resolution)).toBe('')
    expect(compileIn(project.folder, program('givenNam'), resolution)).toContain("Property 'givenNam' does not exist on type 'AppUser'")
  })

  test('imports nothing but its own files, at run time and for its types', () => {
    const files = globSync('dist/src/contract/{client,upload}*.{js,d.ts}', { cwd: project.root })
    const imported = files.flatMap((file) => [...read(file).matchAll(/(?:from|import\(?) ?['"]([^'"]+)['"]/g)].map(([, from]) => from))
    expect(new Set(imported)).toEqual(new Set(['./client-call.js', './client-operations.js']))
  })

  test('adds at most 2 KB to a page, minified and gzipped, the hooks at most 1 KB, the progress of uploads 0.6 KB', async () => {
    const sizeOf = async (source: string) => gzipSync(await bundleIn(project.folder, source, ['react'])).length
    expect(await sizeOf("export { createClient, ClientError } from 'smooch-bff/client'")).toBeLessThanOrEqual(2_048)
    expect(await sizeOf("export * from 'smooch-bff/react'")).toBeLessThanOrEqual(1_024)
    expect(await sizeOf("export * from 'smooch-bff/upload'")).toBeLessThanOrEqual(614)
  })
})

const inBrowser = chromiumInstalled() ? describe : describe.skip
inBrowser('smooch-bff/react', () => {
  test('shows who is signed in and their user, anew when asked, and never one person under the id of another', async () => {
    await using bff = await startBff()
    await using browser = await openBrowser(bff.app.publicUrl)
    const script = (await bundleIn(project.folder, page)).replaceAll('</script', '<\\/script')
    const body = `<!doctype html><title>page</title><body><script type="module">${script}</script>`
    const address = `${bff.app.publicUrl}/page`
    await browser.page.route(address, (route) => route.fulfill({ contentType: 'text/html', body }))
    const shows = async (session: string, user: string) => {
      await browser.page.locator('#session', { hasText: session }).waitFor()
      await browser.page.locator('#user', { hasText: user }).waitFor()
    }
    await browser.page.goto(address)
    await shows('nobody', 'unauthorized')

    const { cookie = '' } = await bff.signIn({ kind: 'cookie' })
    const [name = '', value = ''] = cookie.split('=')
    await browser.page.context().addCookies([{ name, value, url: bff.app.publicUrl, httpOnly: true, sameSite: 'Strict' }])
    await browser.page.click('#reload')
    await shows('cookie', mina.givenName)

    await bff.call('PUT', '/v1.1/appusers/me', { headers: await bff.signIn(), json: { givenName: 'Mika' } })
    await browser.page.click('#reload')
    await shows('cookie', 'Mika')

    const shown = await browser.page.evaluate(() => {
      const user = document.querySelector('#user')!
      const seen: string[] = []
      return new Promise<string[]>((resolve) => {
        new MutationObserver(() => {
          seen.push(user.textContent)
          if (user.textContent !== 'asking') resolve(seen)
        }).observe(user, { characterData: true, childList: true, subtree: true })
        document.querySelector<HTMLElement>('#other')!.click()
      })
    })
    expect(shown).toEqual(['asking', 'user_not_found'])
  })
})
