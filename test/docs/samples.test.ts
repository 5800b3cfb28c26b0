/** The samples of the reference, as they stand there: each is run for each of the thirteen operations. Swift and Kotlin are read only, since their compilers are too large to bring. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createClient } from '../../src/contract/client.ts'
import { all, type OperationId } from '../../src/contract/operations.ts'
import { openapiDocument } from '../../src/docs/openapi.ts'
import { readDocument } from '../../src/docs/reference/document.ts'
import { requestOf } from '../../src/docs/reference/request.ts'
import { exampleOrigin, languages } from '../../src/docs/reference/samples.ts'
import { appId, type Bff, png, startBff } from '../support/bff.ts'

const reference = readDocument(openapiDocument('/bff', all))
const sampleOf = (language: string, id: string): string =>
  languages[language]!(requestOf('/bff', reference.operations.find((operation) => operation.id === id)!))

const folder = mkdtempSync(join(tmpdir(), 'bff-samples-'))
let bff: Bff
beforeAll(async () => {
  writeFileSync(join(folder, 'photo.png'), png)
  bff = await startBff({ env: { SELF_PROPERTIES: 'language' } })
})
afterAll(async () => {
  rmSync(folder, { recursive: true })
  await bff[Symbol.asyncDispose]()
})

const [exampleId, exampleOther] = ['6a1f0c2be84d9f3b7715c0aa', '6a1f0d917be2440c9a8b31ef']
const person = 'cust-20481'

/** In an order in which each finds what it needs; those for staff are about a person of their own. */
const order: readonly OperationId[] = [
  ...(['get_app_user', 'get_app_user_entity_ids', 'get_app_user_auth_code', 'get_link_requests', 'update_app_user'] as const),
  ...(['post_image_message', 'link_app_user', 'unlink_app_user', 'get_app_user_business_system_ids'] as const),
  ...(['pre_create_app_user', 'delete_app_user_profile', 'delete_app_user', 'merge_users'] as const),
]

/** The statuses of all samples of a language. */
const statusesOf = async (language: string, run: (sample: string, token: string) => Promise<number>) => {
  const own = `own-${language}`.replace(/\W/g, '')
  bff.sandbox.createUser(appId, { userId: own })
  const integration = bff.sandbox.integration(appId, 'messenger')!
  const [self, staff] = [await bff.signIn({ userId: own }), await bff.signIn({ kind: 'service', roles: ['admin'], actor: { id: own } })]
  const statuses: Record<string, number> = {}
  for (const id of order) {
    const { by } = all.find((row) => row.id === id)!
    const other = id === 'pre_create_app_user' ? `${own}-new` : `${own}-${id}`
    const [first, second] = [other, `${other}-2`].map((userId) =>
      id === 'pre_create_app_user' ? '' : bff.sandbox.createUser(appId, { userId })._id,
    )
    const sample = sampleOf(language, id)
      .replaceAll(person, other)
      .replaceAll(exampleId, first!)
      .replaceAll(exampleOther, second!)
      .replace(/69f0100f2a3b4c5d6e7f80a2(,|%2C)69f0100f2a3b4c5d6e7f80a3/, integration)
      .replace(/'69f0100f2a3b4c5d6e7f80a2', '69f0100f2a3b4c5d6e7f80a3'/, `'${integration}'`)
      .replaceAll(exampleOrigin, bff.app.publicUrl)
    const carried = by.includes('self') ? self : staff
    statuses[id] = await run(sample, carried['authorization']!.replace('Bearer ', ''))
    if (id === 'link_app_user') bff.sandbox.confirmLink(appId, own)
  }
  return statuses
}

const good = Object.fromEntries(all.map(({ id, status = 200 }) => [id, status]))
const run = promisify(execFile)
const AsyncFunction = (async () => undefined).constructor as new (...words: string[]) => (...values: unknown[]) => Promise<void>
const file = { querySelector: () => ({ files: [new File([png], 'photo.png', { type: 'image/png' })] }) }
/** In place of the browser: what it adds to a call by itself, with a bearer instead of the cookie. */
const inPage = (token: string, statuses: number[]) => async (path: string, init: RequestInit) => {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  const answer = await fetch(new URL(path, bff.app.publicUrl), { ...init, headers })
  statuses.push(answer.status)
  return answer
}
const quiet = { log: () => undefined }

describe('a sample of each operation works', () => {
  test('in curl', async () => {
    const statuses = await statusesOf('curl', async (sample, TOKEN) => {
      const { stdout } = await run('bash', ['-c', `${sample} -s -o answer -w '%{http_code}'`], {
        cwd: folder,
        env: { ...process.env, TOKEN },
      })
      return Number(stdout)
    })
    expect(statuses).toEqual(good)
  })

  test('with fetch', async () => {
    const statuses = await statusesOf('JavaScript (fetch)', async (sample, token) => {
      const seen: number[] = []
      await new AsyncFunction('fetch', 'document', 'console', sample)(inPage(token, seen), file, quiet)
      return seen[0]!
    })
    expect(statuses).toEqual(good)
  })

  test('with the typed client', async () => {
    const statuses = await statusesOf('Typed client', async (sample, token) => {
      const [first, ...rest] = sample.split('\n')
      expect(first).toBe("import { createClient } from 'smooch-bff/client'")
      const seen: number[] = []
      const create = (options: { base: string }) => createClient({ ...options, fetch: inPage(token, seen) as typeof fetch })
      await new AsyncFunction('createClient', 'document', 'console', rest.join('\n'))(create, file, quiet)
      return seen[0]!
    })
    expect(statuses).toEqual(good)
  })

  const python = spawnSync('python3', ['-c', 'import requests']).status === 0 ? test : test.skip
  python('in Python', async () => {
    const statuses = await statusesOf('Python (requests)', async (sample, TOKEN) => {
      const { stdout } = await run('python3', ['-c', sample], { cwd: folder, env: { ...process.env, TOKEN } })
      return Number(stdout.slice(0, 3))
    })
    expect(statuses).toEqual(good)
  })
})

describe.each(['Swift', 'Kotlin (OkHttp)'])('a sample in %s', (language) => {
  test.each(all.map((row) => [row.id]))('has the address, the method, the token and the body of %s', (id) => {
    const { target, method, json, form } = requestOf('/bff', reference.operations.find((operation) => operation.id === id)!)
    const sample = sampleOf(language, id)
    expect(sample).toContain(`"${exampleOrigin}${target}"`)
    expect(sample).toContain(`"${method}"`)
    expect(sample).toMatch(/"Bearer (\\\(token\)|\$token)"/)
    if (json !== undefined) expect(sample).toContain(JSON.stringify(json))
    if (form) expect(sample).toContain('photo.png')
  })
})
