/** The reference holds what the document holds, in words, also without its script. */
import { expect, test } from '@jest/globals'
import { allProblemsOf } from '../../src/contract/operation-problems.ts'
import { all } from '../../src/contract/operations.ts'
import { openapiDocument } from '../../src/docs/openapi.ts'
import { endpoints } from '../../src/docs/openapi-endpoints.ts'
import { readDocument } from '../../src/docs/reference/document.ts'
import { referencePage } from '../../src/docs/reference/page.ts'

const pageAt = (base: string) => referencePage(readDocument(openapiDocument(base, all)), { signIn: undefined })
const page = pageAt('/bff')
/** The text between the tags. */
const plain = (markup: string) =>
  markup
    .replace(/<br>/g, ' ')
    .replace(/<[^>]+>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
const articleOf = (id: string) => {
  const [article] = page.slice(page.indexOf(`<article id="${id}"`)).split('</article>')
  return { markup: article!, text: plain(article!) }
}

test.each(all.map((row) => [row.id, row] as const))('%s stands there with its path, its callers and each error', (id, row) => {
  const { text } = articleOf(id)
  expect(text).toContain(`${row.method} /bff/v1.1${row.path.replace(/:(\w+)/g, '{$1}')}`)
  expect(text).toContain(`For ${row.by.join(', ')}.`)
  for (const code of allProblemsOf(row)) expect(text).toContain(code)
})

test('every public endpoint stands there, and those of the private listener do not', () => {
  for (const [id, { tag }] of Object.entries(endpoints)) expect(page.includes(`<article id="${id}"`)).toBe(tag !== 'Private')
})

test('a link is shown in all five shapes, each with its own fields', () => {
  const { markup } = articleOf('link_app_user')
  const shapes = markup.split('<h4>Answer')[0]!.split('<h5>').slice(1).map(plain)
  expect(shapes.map((shape) => shape.split('\n')[0]!.match(/^type: \w+?(?=type )/)?.[0])).toEqual(
    ['twilio', 'messagebird', 'whatsapp', 'messenger', 'mailgun'].map((type) => `type: ${type}`),
  )
  expect(shapes[0]).toContain('at most 64 characters')
  expect(shapes[4]).toContain('e-mail address')
  expect(shapes[4]).not.toContain('phoneNumber')
})

test('a field says its type, its limits, its choices, and who alone may write or see it', () => {
  const update = articleOf('update_app_user').text
  expect(update).toContain('surname\nstring, 1 to 1024 characters')
  expect(update).toMatch(/avatarUrl only agent, admin\n/)
  expect(update).toMatch(/signedUpAt only agent, admin\nISO 8601 time/)
  expect(articleOf('Confirmation').text).toContain('type required\none of immediate, userActivity, prompt')
  expect(articleOf('Client').text).toMatch(/raw only agent, admin\n/)
})

test('links inside the page lead to something, whatever the base path is', () => {
  for (const text of [page, pageAt(''), pageAt('/a/b')]) {
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect([...text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id).filter((id) => !ids.includes(id!))).toEqual([])
  }
  expect(pageAt('')).toContain('href="/docs.css"')
})

test('without the script nothing is offered that needs it', () => {
  expect(page).toContain('<form role="search" hidden>')
  expect(page.match(/<details class="try"/g)?.length).toBe(page.match(/<details class="try" hidden>/g)?.length)
  expect(page).not.toMatch(/<button(?! type="submit")|onclick|style="|<script(?! type="module" src=)/)
})
