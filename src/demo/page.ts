/** Serves the demo's page: a few files, read once, under the policy of pages. They hold no key; all they do goes through the public API. */
import { readFileSync } from 'node:fs'
import { Router } from 'express'
import { pageHeaders } from '../http/security-headers.ts'
import { Problem } from '../problems.ts'

const asset = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8')

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => escapes[character]!)

/** `basePath` is where the API stands on this origin; `integrationId` is offered to those who try link requests. */
export const demoPage = (basePath: string, integrationId = ''): Router => {
  const html = asset('./page.html')
    .replace('{{base}}', () => escaped(basePath))
    .replace('{{integration}}', () => escaped(integrationId))
  const files = [
    ['/', 'html', html],
    ['/demo.css', 'css', asset('./page.css')],
    ['/parts.css', 'css', asset('./parts.css')],
    ['/demo.js', 'js', asset('./page.js')],
    ['/confirm.js', 'js', asset('./confirm.js')],
    ['/person.js', 'js', asset('./person.js')],
    ['/wire.js', 'js', asset('./wire.js')],
  ] as const

  const router = Router({ caseSensitive: true, strict: true })
  const headers = pageHeaders({ https: false })
  for (const [path, type, content] of files) {
    router
      .route(path)
      .get(headers, (_req, res) => void res.type(type).send(content))
      .all(() => {
        throw new Problem('method_not_allowed', { headers: { Allow: 'GET, HEAD' } })
      })
  }
  return router
}
