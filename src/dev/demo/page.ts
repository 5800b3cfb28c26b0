/** Serves the demo's page: a few files, read once, with the security headers of pages. They hold no
 * key and use the public API only. */
import { readFileSync } from 'node:fs'
import type { RequestHandler, Router } from 'express'
import { pageRoutes } from '../../http/endpoint.ts'
import { html } from '../../http/html.ts'
import { asPage } from '../../http/response-headers.ts'
import { onlyThisMachine } from '../this-machine.ts'
import { appUsers } from './people.ts'

const text = (file: URL): string => readFileSync(file, 'utf8')

/** `basePath` of the API; `integrationId` for link requests; `reasons` where a dialog asks why. */
export const demoPage = (basePath: string, integrationId = '', reasons: readonly string[] = []): Router => {
  const known = appUsers.map(({ userId }) => userId)
  const values: Record<string, string> = {
    base: basePath,
    integration: integrationId,
    known: known.join(' '),
    reasons: reasons.join(' '),
    example: known.join(', '),
  }
  const page = text(new URL('./page.html', import.meta.url)).replace(/\{\{(\w+)\}\}/g, (_, name: string) => html`${values[name]}`.text)
  const files = [
    ['/', 'html', page],
    ['/demo.css', 'css', text(new URL('../../http/browser/base.css', import.meta.url)) + text(new URL('./page.css', import.meta.url))],
    ['/parts.css', 'css', text(new URL('./parts.css', import.meta.url))],
    ['/demo.js', 'js', text(new URL('./demo.js', import.meta.url))],
    ['/confirm.js', 'js', text(new URL('./confirm.js', import.meta.url))],
    ['/person.js', 'js', text(new URL('./person.js', import.meta.url))],
    ['/wire.js', 'js', text(new URL('./wire.js', import.meta.url))],
  ] as const

  return pageRoutes(
    Object.fromEntries(
      files.map(([path, type, content]): [string, RequestHandler[]] => [
        path,
        [asPage, onlyThisMachine, (_req, res) => void res.type(type).send(content)],
      ]),
    ),
  )
}
