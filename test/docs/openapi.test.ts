/** The documents: every row is in them, nothing in them dangles, and their examples pass the schemas they illustrate. */
import { describe, expect, test } from '@jest/globals'
import { answers } from '../../src/contract/answers.ts'
import { exampleAnswers, exampleBodies } from '../../src/contract/descriptions.ts'
import { allProblemsOf } from '../../src/contract/operation-problems.ts'
import { all } from '../../src/contract/operations.ts'
import { problems } from '../../src/contract/problems.ts'
import { bodies } from '../../src/contract/schemas.ts'
import { openapiDocument, privateDocument } from '../../src/docs/openapi.ts'
import { endpoints } from '../../src/docs/openapi-endpoints.ts'
import { startBff } from '../support/bff.ts'

const document = openapiDocument('/bff', all)
const inside = privateDocument()
const templated = (path: string) => path.replace(/:(\w+)/g, '{$1}')
const pathsOf = (listener: 'public' | 'private') =>
  Object.values(endpoints)
    .filter(({ tag }) => (tag === 'Private') === (listener === 'private'))
    .map(({ path }) => templated(path))

interface Described {
  operationId: string
  parameters: { $ref: string }[]
  security?: Record<string, string[]>[]
  requestBody?: { content: Record<string, { schema: { $ref: string }; example: unknown }> }
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: { $ref: string }; example: unknown }> }>
  'x-path-with-app'?: string
}

const at = (row: (typeof all)[number]): Described =>
  (document.paths as unknown as Record<string, Record<string, Described>>)[`/v1.1${templated(row.path)}`]![row.method.toLowerCase()]!

const operationsOf = ({ paths = {} }: typeof document): Described[] =>
  Object.values(paths).flatMap((item) => Object.values(item as Record<string, Described>).filter(({ operationId }) => operationId))

/** All values of `$ref`, wherever they stand. */
const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : references(inner)))
}

const resolve = (pointer: string, of: object): unknown =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((within, key) => (within as Record<string, unknown> | undefined)?.[key], of)

const documents = { public: document, private: inside }

describe('the OpenAPI documents', () => {
  test('promise the id of the request with every answer, pages too', () => {
    for (const of of Object.values(documents))
      for (const { operationId, responses } of operationsOf(of))
        for (const [status, answer] of Object.entries(responses)) {
          const { headers } = (answer.$ref === undefined ? answer : resolve(answer.$ref, of)) as { headers?: object }
          expect([operationId, status, Object.keys(headers ?? {})]).toEqual([operationId, status, expect.arrayContaining(['X-Request-Id'])])
        }
  })

  test.each(all.map((row) => [row.id, row] as const))('hold %s once, in the short form, and name the other', (id, row) => {
    const described = at(row)
    expect(described.operationId).toBe(id)
    expect(described['x-path-with-app']).toBe(`/v1.1/apps/{appId}${templated(row.path)}`)
    const answer = described.responses[row.status ?? 200]?.content?.['application/json']
    expect(answer?.schema.$ref).toBe(`#/components/schemas/${row.returns}`)
    expect(answer?.example).toEqual(exampleAnswers[row.returns])
    const type = row.takes === 'ImageUpload' ? 'multipart/form-data' : 'application/json'
    expect(described.requestBody?.content[type]?.schema.$ref).toBe(row.takes && `#/components/schemas/${row.takes}`)
    for (const code of allProblemsOf(row)) {
      const refused = described.responses[problems[code][0]]?.content?.['application/json'] as { examples?: object } | undefined
      expect(refused?.examples).toHaveProperty(code)
    }
  })

  test.each(['public', 'private'] as const)('hold nothing but the rows: the %s one', (listener) => {
    const rows = listener === 'public' ? all.map(({ path }) => `/v1.1${templated(path)}`) : []
    expect(new Set(Object.keys(documents[listener].paths ?? {}))).toEqual(new Set([...rows, ...pathsOf(listener)]))
  })

  test('name each operation once', () => {
    const ids = [...operationsOf(document), ...operationsOf(inside)].map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(all.length + Object.keys(endpoints).length)
  })

  test('offer a bearer before the cookie, since generated clients take the first', () => {
    const offered = [document.security, ...operationsOf(document).map(({ security }) => security)].map((each) =>
      (each ?? []).flatMap((way) => Object.keys(way)),
    )
    const both = offered.filter((ways) => ways.includes('cookie') && ways.includes('bearer'))
    expect(both.length).toBeGreaterThan(10)
    for (const ways of both) expect(ways.indexOf('bearer')).toBeLessThan(ways.indexOf('cookie'))
  })

  test.each(['public', 'private'] as const)('refer only to what they hold, and hold only what they refer to: the %s one', (listener) => {
    const pointers = [...new Set(references(documents[listener]))]
    expect(pointers.length).toBeGreaterThan(10)
    expect(pointers.filter((pointer) => resolve(pointer, documents[listener]) === undefined)).toEqual([])
    const { securitySchemes: _ways, ...components } = documents[listener].components ?? {}
    const held = Object.entries(components).flatMap(([kind, named]) =>
      Object.keys(named as object).map((name) => `#/components/${kind}/${name}`),
    )
    expect(held.filter((pointer) => !pointers.includes(pointer))).toEqual([])
  })

  test('have a parameter for each name in a path', () => {
    for (const row of all) {
      const named = [...templated(row.path).matchAll(/\{(\w+)\}/g)].map(([, name]) => `#/components/parameters/${name}`)
      expect(at(row).parameters.map(({ $ref }) => $ref)).toEqual(expect.arrayContaining(named))
    }
  })

  test('show an example of every code that can be met', () => {
    const shown = new Set(Object.values(documents).flatMap(({ components }) => Object.keys(components?.examples ?? {})))
    expect(Object.keys(problems).filter((code) => !shown.has(code))).toEqual([])
  })

  test('let the form of an image hold its file', () => {
    expect(resolve('#/components/schemas/ImageUpload', document)).toMatchObject({
      required: ['role', 'source'],
      properties: { source: { format: 'binary' } },
    })
  })

  test('illustrate bodies and answers with what their schemas accept', () => {
    for (const [name, example] of Object.entries(exampleBodies)) expect(bodies[name as keyof typeof bodies].parse(example)).toEqual(example)
    for (const [name, example] of Object.entries(exampleAnswers))
      expect(answers[name as keyof typeof answers].parse(example)).toEqual(example)
  })
})

describe('the routes of the documents', () => {
  test('/openapi.json is the document of this deployment: its callers, its base path', async () => {
    await using bff = await startBff({ env: { OPERATION_CALLERS: 'get_app_user=admin', BASE_PATH: '/gate' } })
    const { status, headers, json } = await bff.call('GET', '/openapi.json')
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8'])
    expect(json.servers).toEqual([{ url: '/gate' }])
    expect(json.paths['/v1.1/appusers/{userId}'].get['x-callers']).toEqual(['admin'])
    expect(bff.sent()).toBe(0)
  })

  test('/docs lists all thirteen, and loads only its own style and script', async () => {
    await using bff = await startBff()
    const { status, headers, text } = await bff.call('GET', '/docs')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    for (const { id } of all) expect(text).toContain(`<article id="${id}"`)
    for (const code of Object.keys(problems)) expect(text).toContain(`<code>${code}</code>`)
    expect(text.replace('<script type="module" src="/bff/docs.js"></script>', '')).not.toMatch(/<script|<style| style=| on\w+=/)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    const style = await bff.call('GET', '/docs.css')
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
    expect((await bff.call('POST', '/docs')).status).toBe(405)
    expect((await fetch(`${bff.app.publicUrl}/bff/docs/`, { redirect: 'manual' })).headers.get('location')).toBe('/bff/docs')
  })
})
