/** Samples for web pages, whose browser adds the cookie. */
import { lines, literal, quoted, type Write } from './sample-text.ts'

export const fetchInPage: Write = ({ method, target, headers, keyHeader, json, form }) =>
  lines(
    form && 'const form = new FormData()',
    ...Object.entries(form ?? {}).map(([name, value]) => `form.append(${quoted(name)}, ${quoted(value)})`),
    form && "form.append('source', document.querySelector('[type=file]').files[0])",
    `const answer = await fetch(${quoted(target)}, {`,
    `  method: ${quoted(method)},`,
    '  headers: {',
    "    'X-BFF-CSRF': '1',",
    ...headers.map(([name, value]) => `    ${quoted(name)}: ${quoted(value)},`),
    keyHeader && `    ${quoted(keyHeader)}: crypto.randomUUID(),`,
    json !== undefined && "    'Content-Type': 'application/json',",
    '  },',
    json !== undefined && `  body: JSON.stringify(${literal(json, '  ')}),`,
    form && '  body: form,',
    '})',
    'console.log(answer.status, await answer.text())',
  )

/** Calls of the client beside the operations. */
const clientCalls: Readonly<Record<string, string>> = { show_session: 'session()', sign_out: 'signOut()', refresh_session: 'refresh()' }
const options: Readonly<Record<string, string>> = { 'Audit-Reason': 'reason', 'Audit-Ticket': 'ticket' }

export const typedClient: Write = (request) => {
  const { operation, parameters, headers, keyHeader, json, form } = request
  const base = request.target.slice(0, request.target.indexOf('/v1.1'))
  const begin = ["import { createClient } from 'smooch-bff/client'", '', `const client = createClient({ base: ${quoted(base)} })`]
  const own = clientCalls[operation.id]
  if (operation.tag !== 'AppUser') return own === undefined ? fetchInPage(request) : lines(...begin, `console.log(await client.${own})`)
  const lists = operation.parameters.filter((it) => it.in === 'query').map(({ name }) => [name, parameters[name]!.split(',')])
  const ask = literal({ ...parameters, ...Object.fromEntries(lists), ...form, ...(json !== undefined && { body: json }) }, '  ')
  const given = [
    ...headers.map(([name, value]) => `${options[name]}: ${quoted(value)}`),
    ...(keyHeader ? ['idempotencyKey: crypto.randomUUID()'] : []),
  ]
  return lines(
    ...begin,
    form && "const source = document.querySelector('[type=file]').files[0]",
    `const answer = await client.${operation.id}(`,
    `  ${form ? ask.replace(/ \}$/, ', source }') : ask},`,
    given.length > 0 && `  { ${given.join(', ')} },`,
    ')',
    'console.log(answer, answer.meta)',
  )
}
