/** What others make of the served OpenAPI documents: checkers without a word, and generated code that calls every operation. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { all } from '../../src/contract/operations.ts'
import { consumerProject, consumersInstalled, type Project } from '../consumers/installed.ts'
import { byAxios, byHeyApi, byOpenapiFetch } from '../consumers/programs.ts'
import { appId, type Bff, type Carried, startBff } from '../support/bff.ts'
import { canaryServiceKey } from '../support/canaries.ts'

const inside = ['mint_session', 'list_service_sessions', 'end_service_session', 'alive']
const called = [...all.map(({ id }) => id), ...inside]

const installed = consumersInstalled() ? describe : describe.skip
installed('the OpenAPI documents', () => {
  let bff: Bff
  let project: Project
  beforeAll(async () => {
    bff = await startBff()
    project = consumerProject()
    project.write('public.json', (await bff.call('GET', '/openapi.json')).text)
    project.write('private.json', (await bff.private('GET', '/openapi.json')).text)
    project.write('.spectral.yaml', 'extends: ["spectral:oas"]')
    project.write('package.json', '{"type":"module"}')
    project.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          ...{ strict: true, noEmit: true, skipLibCheck: true, types: ['node'], lib: ['es2023', 'dom', 'dom.iterable'] },
          ...{ target: 'es2023', module: 'esnext', moduleResolution: 'bundler', allowImportingTsExtensions: true },
        },
        files: ['program.ts'],
      }),
    )
  })
  afterAll(async () => {
    project[Symbol.dispose]()
    await bff[Symbol.asyncDispose]()
  })

  test.each(['public', 'private'])('say nothing to Redocly and Spectral, neither an error nor a warning: the %s one', (listener) => {
    const redocly = project.run('redocly', 'lint', `${listener}.json`)
    expect(redocly.output).toContain('Your API description is valid')
    expect(redocly.output).not.toMatch(/warning|error/i)
    expect(redocly.status).toBe(0)
    const spectral = project.run('spectral', 'lint', '--fail-severity', 'hint', `${listener}.json`)
    expect([spectral.status, spectral.output.trim()]).toEqual([0, "No results with a severity of 'hint' or higher found!"])
  })

  /** What the program printed, run against the service. */
  const printed = async (file: string): Promise<Record<string, unknown>> => {
    const bearer = ({ authorization = '' }: Carried) => authorization.replace('Bearer ', '')
    const env = {
      PATH: process.env['PATH'],
      BASE: `${bff.app.publicUrl}/bff`,
      INSIDE: bff.app.privateUrl,
      OWN: bearer(await bff.signIn()),
      STAFF: bearer(await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: 'generated' } })),
      SERVICE_KEY: canaryServiceKey,
      INTEGRATION: bff.sandbox.integration(appId, 'messenger'),
    }
    const child = spawn(process.execPath, [file], { env, cwd: project.folder })
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    expect(stderr).toBe('')
    return JSON.parse(stdout)
  }

  const runs = async (program: string): Promise<Record<string, unknown>> => {
    project.write('program.ts', program)
    expect(project.run('tsc', '-p', '.').output).toBe('')
    return await printed(await project.bundle('program.ts'))
  }

  test('give openapi-typescript the types by which openapi-fetch calls all thirteen, and the private listener', async () => {
    for (const listener of ['public', 'private'])
      expect(project.run('openapi-typescript', `${listener}.json`, '-o', `${listener}.d.ts`)).toMatchObject({ status: 0 })
    const done = await runs(byOpenapiFetch)
    expect(Object.keys(done)).toEqual(expect.arrayContaining(called))
    expect(Object.entries(done).filter(([, status]) => Number(status) >= 300)).toEqual([])
  })

  test('give hey-api the functions that call all thirteen, and the private listener', async () => {
    for (const listener of ['public', 'private'])
      expect(project.run('openapi-ts', '-i', `${listener}.json`, '-o', listener, '-c', '@hey-api/client-fetch')).toMatchObject({
        status: 0,
      })
    const done = await runs(byHeyApi)
    expect(Object.keys(done)).toEqual(expect.arrayContaining(called))
    expect(Object.entries(done).filter(([, status]) => Number(status) >= 300)).toEqual([])
  })

  test('lead openapi-client-axios to a list that is understood; written in its own way it is refused in words that help', async () => {
    project.write('axios.mjs', byAxios)
    expect(await printed('axios.mjs')).toEqual({
      text: 200,
      list: 'Write integrationIds without brackets, once; join several values by commas.',
    })
  })
})
