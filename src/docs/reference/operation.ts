/** One operation of the reference: what it takes and answers, samples, errors, a form to try it. */

import { problems } from '../../contract/problems.ts'
import { type Content, type Html, html } from '../../http/html.ts'
import type { DescribedOperation, Media, Parameter, Reference } from './document.ts'
import { code, fields, parameterFields, prose, typeOf } from './fields.ts'
import { exampleOf, fieldsOf, requestOf } from './request.ts'
import { languages } from './samples.ts'

const json = (value: unknown): string => JSON.stringify(value, null, 2)

/** Code in a frame with its name; the script adds a button that copies it. */
const figure = (name: string, text: string): Html =>
  html`<figure><figcaption>${name}</figcaption><pre><code>${text}</code></pre></figure>\n`

const bodyOf = (reference: Reference, { body }: DescribedOperation): Content =>
  body && html`<h4>Body, ${code(body[0])}</h4>${fields(reference, body[1].schema)}`

const answersOf = (reference: Reference, { answers }: DescribedOperation): Content =>
  answers.map(
    ({ status, description, media, headers }) => html`<h4>Answer ${status}</h4><p>${prose(description)}.</p>
${media && mediaOf(reference, media)}
<p class="soft">Headers: ${headers.map((name, at) => html`${at > 0 && ', '}${code(name)}`)}</p>`,
  )

const mediaOf = (reference: Reference, [type, { schema }]: readonly [string, Media]): Content =>
  type === 'application/json' ? fields(reference, schema) : html`<p>As ${code(type)}: ${typeOf(schema)}.</p>`

const errorsOf = ({ refusals, id }: DescribedOperation): Content => {
  const rows = refusals.flatMap(({ status, codes }) => codes.map((name) => [status, name] as const))
  if (rows.length === 0) return undefined
  return html`<details><summary>Errors of ${id} <small>(${rows.length} codes)</small></summary>
<table><thead><tr><th scope="col">Status</th><th scope="col">Code</th><th scope="col">Meaning</th></tr></thead><tbody>
${rows.map(([status, name]) => html`<tr><td>${status}</td><td>${code(name)}</td><td>${problems[name as keyof typeof problems][1]}</td></tr>\n`)}
</tbody></table></details>`
}

const input = (parameter: Parameter, operation: DescribedOperation): Html => {
  const { name, in: place, required } = parameter
  const shape = place === 'path' && html` pattern="(?!\\.{1,2}$).+" title="An id is not made of dots alone"`
  return html`<label>${name}${!required && ' (optional)'} <input name="${name}" data-in="${place}" value="${required && exampleOf(parameter, operation)}"${required && html` required`}${shape} autocomplete="off" autocapitalize="off" spellcheck="false"></label>\n`
}

const bodyInputs = ({ body }: DescribedOperation): Content => {
  if (!body) return undefined
  const [type, { example }] = body
  const isForm = type === 'multipart/form-data'
  const text = json(isForm ? fieldsOf(example) : (example ?? {}))
  return html`<label>${isForm ? 'Fields of the form, as JSON' : 'Body'} <textarea name="body" rows="${Math.min(12, text.split('\n').length + 1)}" spellcheck="false">${text}</textarea></label>
${isForm && html`<label>source <input type="file" name="source" required></label>`}`
}

/** Works by script alone, which shows it. */
const tryIt = (operation: DescribedOperation): Content => {
  const { id, method, path, parameters, body, answers } = operation
  const isEndless = answers.some(({ media }) => media?.[0] === 'text/event-stream')
  if (!operation.withSession || isEndless) return undefined
  const shown = parameters.filter(({ schema }) => schema.const === undefined)
  return html`<details class="try" hidden><summary>Try ${id}</summary>
<form data-method="${method}" data-path="${path}" data-media="${body?.[0]}">
${shown.map((parameter) => input(parameter, operation))}${bodyInputs(operation)}
${method !== 'GET' && html`<label class="check"><input type="checkbox" required> This call changes something here. Send it.</label>`}
<button type="submit">Send ${method}</button>
<output></output><pre hidden></pre>
</form></details>`
}

const exampleAnswer = ({ answers }: DescribedOperation): Content =>
  answers.slice(0, 1).map(({ status, media }) => media?.[1].example !== undefined && figure(`Answer ${status}`, json(media[1].example)))

export const operationArticle = (reference: Reference, operation: DescribedOperation): Html => {
  const { id, method, path, pathWithApp, summary, description, parameters, withSession } = operation
  const { base } = reference
  return html`<article id="${id}" aria-labelledby="${id}-title">
<div>
<h3 id="${id}-title">${id}</h3>
<p class="target"><b>${method}</b> ${code(`${base}${path}`)}</p>
<p>${prose(summary)}</p>
<p class="soft">${description}${pathWithApp && html` Also at ${code(`${base}${pathWithApp}`)}.`}</p>
${parameters.length > 0 && html`<h4>Parameters</h4>${parameterFields(parameters)}`}
${bodyOf(reference, operation)}
${answersOf(reference, operation)}
${errorsOf(operation)}
</div>
<div>
${withSession && html`<div class="samples">${Object.entries(languages).map(([name, write]) => figure(name, write(requestOf(base, operation))))}</div>`}
${exampleAnswer(operation)}
${tryIt(operation)}
</div>
</article>
`
}
