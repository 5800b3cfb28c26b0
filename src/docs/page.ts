/** Routes of the documents: `/openapi.json`, and `/docs`, a page without scripts; both made once
 * for this deployment. */

import { readFileSync } from 'node:fs'
import type { RequestHandler, Router } from 'express'
import { exampleAnswers, exampleBodies, sentences } from '../contract/descriptions.ts'
import { limitClass, type Operation } from '../contract/operation.ts'
import type { OperationId } from '../contract/operations.ts'
import { problems } from '../contract/problems.ts'
import { routes } from '../http/endpoint.ts'
import { type Html, html } from '../http/html.ts'
import { asPage } from '../http/response-headers.ts'
import { openapiDocument, privateDocument } from './openapi.ts'
import { docsEndpoints, privateDocsEndpoints } from './openapi-endpoints.ts'

interface Options {
  readonly basePath: string
  /** The rows, with this deployment's callers. */
  readonly operations: readonly Operation[]
  /** The limit of calls per address. */
  readonly pages: RequestHandler
}

/** To be mounted at the base path. */
export const docsRoutes = ({ basePath, operations, pages }: Options): Router => {
  const serve = (type: string, text: string, ...before: RequestHandler[]): RequestHandler[] => {
    const bytes = Buffer.from(text)
    return [...before, pages, (_req, res) => void res.type(type).send(bytes)]
  }
  return routes(docsEndpoints, {
    openapi: serve('json', JSON.stringify(openapiDocument(basePath, operations))),
    docs: serve('html', docsPage(basePath, operations), asPage),
    docs_style: serve('css', readFileSync(new URL('./page.css', import.meta.url), 'utf8'), asPage),
  })
}

/** On the private listener. */
export const privateDocsRoutes = (): Router => {
  const document = Buffer.from(JSON.stringify(privateDocument()))
  return routes(privateDocsEndpoints, { openapi_private: (_req, res) => void res.type('json').send(document) })
}

const code = (text: string): Html => html`<code>${text}</code>`
const json = (value: unknown): Html => html`<pre><code>${JSON.stringify(value, null, 2)}</code></pre>`

const docsPage = (basePath: string, operations: readonly Operation[]): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>AppUser API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${basePath}/docs.css">
</head>
<body>
<header>
<h1>AppUser API</h1>
<p>The thirteen AppUser operations of Smooch (Sunshine Conversations) v1.1 below ${code(`${basePath}/v1.1`)}, with sessions in place of the API key.
Paths, bodies and answers are the vendor’s. For programs: <a href="${basePath}/openapi.json">openapi.json</a>.</p>
</header>
<nav aria-label="Operations"><ul>
${operations.map(({ id, method, path }) => html`<li><a href="#${id}">${id}</a> <small>${method} ${path}</small></li>\n`)}
</ul></nav>
<main>
<section aria-labelledby="calling">
<h2 id="calling">Calling it</h2>
<dl>
<dt>A web page</dt><dd>is on our own origin and adds the header ${code('X-BFF-CSRF: 1')} to every call; the browser adds the session cookie.</dd>
<dt>An app or a program</dt><dd>sends ${code('Authorization: Bearer <token>')} and no cookie.</dd>
<dt>Paths</dt><dd>${code('/v1.1/appusers/…')} means the app of the session; ${code('/v1.1/apps/{appId}/appusers/…')} names the same app.</dd>
<dt>${code('me')}</dt><dd>in place of a userId is the caller’s own user. Staff name others by userId or by the vendor’s ${code('_id')}.</dd>
<dt>Who am I?</dt><dd>${code(`GET ${basePath}/auth/session`)}; ${code('DELETE')} on it signs out.</dd>
<dt>Limits</dt><dd>stand in ${code('RateLimit')} and ${code('RateLimit-Policy')}; a 429 says in ${code('Retry-After')} how long to wait.</dd>
</dl>
</section>
${operations.map((row) => operationSection(basePath, row))}
<section aria-labelledby="errors">
<h2 id="errors">Errors</h2>
<p>Every error has one shape, and ${code('error.code')} is stable. Where the vendor refused, it may be the vendor’s own code.</p>
${json({ error: { code: 'user_not_found', description: problems.user_not_found[1] }, status: 404, requestId: 'req_…' })}
<table><thead><tr><th scope="col">Code</th><th scope="col">Status</th><th scope="col">Meaning</th></tr></thead><tbody>
${Object.entries(problems).map(([name, [status, sentence]]) => html`<tr><td>${code(name)}</td><td>${status}</td><td>${sentence}</td></tr>\n`)}
</tbody></table>
</section>
</main>
</body>
</html>
`.text

const operationSection = (basePath: string, row: Operation): Html => {
  const { id, method, path, by, takes, returns, status = 200, query } = row
  const asked = query ? `?${query.map((name) => `${name}=…`).join('&')}` : ''
  const form =
    takes === 'ImageUpload' && html`<p>A form (${code('multipart/form-data')}) with the file ${code('source')} and these fields:</p>`
  return html`<section aria-labelledby="${id}">
<h2 id="${id}">${id}</h2>
<p class="target">${code(`${method} ${basePath}/v1.1${path}${asked}`)}</p>
<p>${sentences[id as OperationId]}</p>
<p>For <strong>${by.join(', ')}</strong>; counted among <strong>${limitClass(row)}</strong>.${row.effect === 'guarded' ? ' Sent once, never repeated.' : ''}</p>
${takes && html`<h3>Takes ${takes}</h3>${form}${json(exampleBodies[takes])}`}
<h3>Answers ${status} ${returns === 'Empty' ? 'with an empty object' : returns}</h3>${json(exampleAnswers[returns])}
</section>
`
}
