/** The documents: every row is in them, nothing in them dangles, and their examples pass the schemas they illustrate. */
import { describe, expect, test } from '@jest/globals'
import { answers } from '../../src/contract/answers.ts'
import { exampleAnswers, exampleBodies } from '../../src/contract/descriptions.ts'
import { all } from '../../src/contract/operations.ts'
import { problems } from '../../src/contract/problems.ts'
import { bodies } from '../../src/contract/schemas.ts'
import { openapiDocument } from '../../src/docs/openapi.ts'
import { endpoints } from '../../src/docs/openapi-endpoints.ts'
import { startBff } from '../support/bff.ts'

const document = openapiDocument('/bff', all)
/** Of all rooms, as paths of the document. */
const otherPaths = Object.values(endpoints).map(({ path }) => path.replace(/:(\w+)/g, '{$1}'))
const templated = (path: string) => path.replace(/:(\w+)/g, '{$1}')

interface Described {
  operationId: string
  parameters: { $ref: string }[]
  requestBody?: { content: Record<string, { schema: { $ref: string }; example: unknown }> }
  responses: Record<string, { $ref?: string; content?: Record<string, { schema: { $ref: string }; example: unknown }> }>
}

const at = (prefix: string, row: (typeof all)[number]): Described =>
  (document.paths as unknown as Record<string, Record<string, Described>>)[`${prefix}${templated(row.path)}`]![row.method.toLowerCase()]!

/** All values of `$ref`, wherever they stand. */
const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : references(inner)))
}

const resolve = (pointer: string): unknown =>
  pointer
    .slice(2)
    .split('/')
    .reduce<unknown>((inside, key) => (inside as Record<string, unknown> | undefined)?.[key], document)

describe('the OpenAPI document', () => {
  test.each(all.map((row) => [row.id, row] as const))('holds %s in the full and in the short form', (id, row) => {
    const full = at('/v1.1/apps/{appId}', row)
    const short = at('/v1.1', row)
    expect(full.operationId).toBe(id)
    expect(short.operationId).toBe(`${id}_of_session_app`)
    expect(full.parameters).toEqual([{ $ref: '#/components/parameters/appId' }, ...short.parameters])
    const answer = short.responses[row.status ?? 200]?.content?.['application/json']
    expect(answer?.schema.$ref).toBe(`#/components/schemas/${row.returns}`)
    expect(answer?.example).toEqual(exampleAnswers[row.returns])
    const type = row.takes === 'ImageUpload' ? 'multipart/form-data' : 'application/json'
    expect(short.requestBody?.content[type]?.schema.$ref).toBe(row.takes && `#/components/schemas/${row.takes}`)
    for (const status of [400, 401, 403, 404, 429, 502, 503, 504])
      expect(short.responses[status]?.$ref).toBe(`#/components/responses/Status${status}`)
  })

  test('holds nothing but the rows', () => {
    const expected = new Set(all.flatMap(({ path }) => [`/v1.1/apps/{appId}${templated(path)}`, `/v1.1${templated(path)}`]))
    expect(new Set(Object.keys(document.paths ?? {}))).toEqual(new Set([...expected, ...otherPaths]))
  })

  test('names each operation once', () => {
    const ids = Object.values(document.paths ?? {}).flatMap((item) =>
      Object.values(item as Record<string, Described>).flatMap((it) => (it.operationId ? [it.operationId] : [])),
    )
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(2 * all.length + Object.keys(endpoints).length)
  })

  test('refers only to what it holds', () => {
    const pointers = [...new Set(references(document))]
    expect(pointers.length).toBeGreaterThan(30)
    expect(pointers.filter((pointer) => resolve(pointer) === undefined)).toEqual([])
  })

  test('has a parameter for each name in a path', () => {
    for (const row of all) {
      const named = [...templated(row.path).matchAll(/\{(\w+)\}/g)].map(([, name]) => `#/components/parameters/${name}`)
      expect(at('/v1.1', row).parameters.map(({ $ref }) => $ref)).toEqual(expect.arrayContaining(named))
    }
  })

  test('names every code of the table under its status', () => {
    for (const [code, [status]] of Object.entries(problems)) {
      expect(resolve(`#/components/responses/Status${status}`)).toMatchObject({
        content: { 'application/json': { examples: { [code]: { value: { status, error: { code } } } } } },
      })
    }
  })

  test('lets the form of an image hold its file', () => {
    expect(resolve('#/components/schemas/ImageUpload')).toMatchObject({
      required: ['role', 'source'],
      properties: { source: { format: 'binary' } },
    })
  })

  test('illustrates bodies and answers with what their schemas accept', () => {
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

  test('/docs lists all thirteen, runs nothing and loads only its own style', async () => {
    await using bff = await startBff()
    const { status, headers, text } = await bff.call('GET', '/docs')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    for (const { id } of all) expect(text).toContain(`<h2 id="${id}">`)
    for (const code of Object.keys(problems)) expect(text).toContain(`<code>${code}</code>`)
    expect(text).not.toMatch(/<script|<style| style=| on\w+=/)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    const style = await bff.call('GET', '/docs.css')
    expect([style.status, style.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8'])
    expect((await bff.call('POST', '/docs')).status).toBe(405)
    expect((await bff.call('GET', '/docs/')).status).toBe(404)
  })
})
