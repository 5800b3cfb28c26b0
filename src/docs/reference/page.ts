/** The reference as one page, all of it made from the OpenAPI document. Without its script it lacks
 * the search, the copying and the trying. */
import { problems } from '../../contract/problems.ts'
import { type Html, html } from '../../http/html.ts'
import { pageHead } from '../../http/plain-page.ts'
import type { Reference } from './document.ts'
import { code, fields } from './fields.ts'
import { operationArticle } from './operation.ts'
import { languages } from './samples.ts'

const entry = (id: string, title: string, content: Html): Html =>
  html`<article id="${id}" aria-labelledby="${id}-title"><div><h3 id="${id}-title">${title}</h3>\n${content}</div></article>\n`

const calling = (base: string): Html => html`<dl>
<div><dt>A web page</dt><dd>is on our own origin and adds the header ${code('X-BFF-CSRF: 1')} to every call; the browser adds the session cookie.</dd></div>
<div><dt>An app or a program</dt><dd>sends ${code('Authorization: Bearer <token>')} and no cookie.</dd></div>
<div><dt>Paths</dt><dd>${code('/v1.1/appusers/…')} means the app of the session; ${code('/v1.1/apps/{appId}/appusers/…')} names the same app.</dd></div>
<div><dt>${code('me')}</dt><dd>in place of a userId is the caller’s own user. Staff name others by userId or by the vendor’s ${code('_id')}.</dd></div>
<div><dt>Who am I?</dt><dd>${code(`GET ${base}/auth/session`)}; ${code('DELETE')} on it signs out.</dd></div>
<div><dt>Limits</dt><dd>stand in ${code('RateLimit')} and ${code('RateLimit-Policy')}; a 429 says in ${code('Retry-After')} how long to wait.</dd></div>
<div><dt>Fields of an answer</dt><dd>may be more than stand here: what the vendor adds is passed on. A body may hold only what stands here.</dd></div>
</dl>`

const errors = (
  reference: Reference,
): Html => html`<p>Every error has one shape, and ${code('error.code')} is stable. Where the vendor refused, it may be the vendor’s own code.</p>
${fields(reference, { $ref: '#/components/schemas/Error' })}
<table><thead><tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">Meaning</th></tr></thead><tbody>
${Object.entries(problems).map(([name, [status, sentence]]) => html`<tr><td>${status}</td><td>${code(name)}</td><td>${sentence}</td></tr>\n`)}
</tbody></table>`

interface Group {
  readonly id: string
  readonly title: string
  readonly about: string
  readonly entries: readonly { readonly id: string; readonly title: string; readonly method?: string; readonly article: Html }[]
}

const groupsOf = (reference: Reference): Group[] => {
  const { base, tags, operations, models } = reference
  const model = (name: string, content: Html) => ({ id: name, title: name, article: entry(name, name, content) })
  return [
    {
      id: 'start',
      title: 'Start',
      about: 'What holds for every call',
      entries: [{ id: 'calling', title: 'Calling it', article: entry('calling', 'Calling it', calling(base)) }],
    },
    ...tags.map(({ name, description }) => ({
      id: name.toLowerCase(),
      title: name,
      about: description,
      entries: operations
        .filter(({ tag }) => tag === name)
        .map((operation) => ({
          id: operation.id,
          title: operation.id,
          method: operation.method,
          article: operationArticle(reference, operation),
        })),
    })),
    {
      id: 'models',
      title: 'Models',
      about: 'Objects inside bodies and answers',
      entries: models.filter(([name]) => name !== 'Error').map(([name, schema]) => model(name, html`${fields(reference, schema)}`)),
    },
    { id: 'errors', title: 'Errors', about: 'What any call may meet', entries: [model('Error', errors(reference))] },
  ]
}

const linksOf = ({ id, title, entries }: Group): Html => html`<li><a class="group" href="#${id}">${title}</a><ul>
${entries.map((each) => html`<li><a href="#${each.id}">${each.title}${each.method && html` <small>${each.method}</small>`}</a></li>\n`)}</ul></li>\n`

const sectionOf = ({ id, title, about, entries }: Group): Html => html`<section aria-labelledby="${id}">
<header><h2 id="${id}">${title}</h2><p>${about}.</p></header>
${entries.map(({ article }) => article)}</section>
`

interface Options {
  /** Where to sign in, and come back. */
  readonly signIn?: string | undefined
}

export const referencePage = (reference: Reference, { signIn }: Options): string => {
  const { base } = reference
  const groups = groupsOf(reference)
  const files = html`<link rel="stylesheet" href="${base}/docs.css">
<script type="module" src="${base}/docs.js"></script>`
  return html`${pageHead('AppUser API', files)}<body data-base="${base}">
<a class="skip" href="#main">Skip to the content</a>
<header class="bar">
<h1><a class="home" href="${base}/docs">AppUser API</a></h1>
<form role="search" hidden><label><span>Search</span> <input type="search" name="q" placeholder="id, path, field, error" autocomplete="off" spellcheck="false"></label> <output></output></form>
<label><span>Samples in</span> <select id="language" autocomplete="off">${Object.keys(languages).map((name) => html`<option>${name}</option>`)}</select></label>
<p id="who" role="status"${signIn && html` data-sign-in="${signIn}"`}></p>
</header>
<div class="layout">
<nav aria-label="Contents"><ul>
${groups.map(linksOf)}<li><a href="${base}/openapi.json">openapi.json</a></li>
</ul></nav>
<main id="main" tabindex="-1">
<p>The thirteen AppUser operations of Smooch (Sunshine Conversations) v1.1 below ${code(`${base}/v1.1`)}, with sessions in place of the API key. Paths, bodies and answers are the vendor’s.</p>
${groups.map(sectionOf)}
</main>
</div>
</body>
</html>
`.text
}
