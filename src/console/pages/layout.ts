/** The frame of every page of the console, and pages that only explain. */
import { type Content, type Html, html } from '../../http/html.ts'
import { pageHead } from '../../http/plain-page.ts'
import type { Session } from '../../session/record.ts'

export interface Frame {
  readonly root: string
  readonly title: string
  readonly session?: Session | undefined
  /** Names of browser modules to load. */
  readonly scripts?: readonly string[]
  /** Data for the scripts, as data attributes. */
  readonly facts?: Readonly<Record<string, string>>
}

const attributes = (facts: Readonly<Record<string, string>>): Html =>
  html`${Object.entries(facts).map(([name, value]) => html` data-${name}="${value}"`)}`

/** Sent before any look-up, so that the browser fetches styles and scripts meanwhile. */
export const head = ({ root, title, scripts = [] }: Frame): string =>
  pageHead(
    `${title} · Audit console`,
    html`<meta name="referrer" content="no-referrer">
<link rel="stylesheet" href="${root}/console.css">
${scripts.map((name) => html`<script type="module" src="${root}/${name}.js"></script>`)}${scripts.length > 0 && html`${['call', 'times', 'kept'].map((name) => html`<link rel="modulepreload" href="${root}/${name}.js">`)}`}`,
  ).text

export const body = ({ root, session, facts = {} }: Frame, content: Content): string =>
  html`<body data-root="${root}"${attributes(facts)}>
<a class="skip" href="#main">Skip to the content</a>
<header>
<a class="brand" href="${root}"><svg viewBox="0 0 24 24" width="26" height="26" aria-hidden="true"><rect width="24" height="24" rx="6" fill="currentColor"/><path d="M7 12.5l3.2 3.2L17 9" fill="none" stroke-width="2.4"/></svg> Audit console</a>
${session && html`<p class="me">${session.actor.name ?? session.actor.id} <span>${session.roles.join(', ')} · app <code>${session.app}</code></span></p>`}
</header>
<main id="main" tabindex="-1">
${content}
</main>
</body>
</html>
`.text

export const page = (frame: Frame, content: Content): string => head(frame) + body(frame, content)

/** A page with one sentence. */
export const notice = (frame: Frame, sentence: string, content?: Content): string =>
  page(frame, html`<section class="notice"><h1>${frame.title}</h1><p>${sentence}</p>${content}</section>`)
