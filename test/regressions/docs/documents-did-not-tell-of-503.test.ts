/** The documents are limited by address in the session store, so they are 503 while that is away; the document told of 429 alone. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('what the documents answer while Redis is away stands in the document', async () => {
  await using bff = await startBff()
  await using away = await startBff({ env: { REDIS_URL: 'redis://127.0.0.1:1' } })
  const { paths } = (await bff.call('GET', '/openapi.json')).json as {
    paths: Record<string, { get?: { tags: string[]; responses: Record<string, unknown> } }>
  }
  const documents = Object.entries(paths).filter(([, { get }]) => get?.tags.includes('Documents'))
  expect(documents.length).toBeGreaterThan(2)
  for (const [path, { get }] of documents) {
    const { status } = await away.call('GET', path)
    expect([path, status, Object.keys(get!.responses)]).toEqual([path, 503, expect.arrayContaining(['503'])])
  }
})
