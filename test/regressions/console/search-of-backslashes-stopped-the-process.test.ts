/** A pattern of the search field had two readings for a backslash: a link with forty of them kept the process busy for seconds, with eighty for ever. */
import { expect, test } from '@jest/globals'
import { parse, textOf } from '../../../src/console/pages/search-query.ts'
import { ask, codeOf } from '../../security/requests.ts'
import { startBff } from '../../support/bff.ts'

const back = '\\'

test('a search of backslashes is answered at once, however it is quoted; a search that nobody types lists nothing', async () => {
  await using bff = await startBff()
  const headers = await bff.signIn({ kind: 'cookie', roles: ['auditor'], actor: { id: 'aud' } })
  const search = (q: string, path = '/ops') =>
    ask(bff, {
      path: `${path}?q=${encodeURIComponent(q)}`,
      headers: { cookie: headers['cookie']!, 'X-BFF-CSRF': '1', 'Sec-Fetch-Site': 'same-origin' },
    })
  for (const q of [`"${back.repeat(80)}`, `"${back.repeat(80)}x`, `target:"${back.repeat(301)}" x`, `"${`${back}"`.repeat(60)}`]) {
    expect((await search(q)).status).toBe(200)
    expect((await search(q, '/ops/rows')).status).toBe(200)
  }
  expect((await search('a '.repeat(20))).status).toBe(200)
  for (const q of ['a '.repeat(21), 'a'.repeat(1_501)]) {
    const page = await search(q)
    expect([page.status, page.body.includes('a search holds at most'), page.body.includes('class="op"')]).toEqual([200, true, false])
    expect(page.body).toContain('id="q"')
    expect(codeOf(await search(q, '/ops/rows'))).toBe('bad_request')
  }
})

test.each([back, `a${back}`, `${back}b`, `c d${back}`, `${back}${back} e`, `f${back}"g h`, `"${back}n"`])(
  'the value %s is read as it was written',
  (value) => {
    expect(parse(textOf([{ key: 'target', value }]))).toEqual([{ key: 'target', value }])
  },
)
