/** Samples of a call: of pages, whose browser adds the cookie, and programs, with a token. */
import type { SampleRequest } from './request.ts'

/** In place of the address of a deployment; the page's script puts its own there. */
export const exampleOrigin = 'https://app.example.com'

type Write = (request: SampleRequest) => string

const lines = (...all: readonly (string | false | undefined)[]): string => all.filter((line) => typeof line === 'string').join('\n')
const address = ({ target }: SampleRequest): string => `${exampleOrigin}${target}`
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/** Values as JavaScript writes them, on one line while that is short. */
const literal = (value: unknown, indent = ''): string => {
  if (typeof value === 'string') return quoted(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = `${indent}  `
  const entries = Array.isArray(value)
    ? value.map((item) => literal(item, inner))
    : Object.entries(value).map(([name, item]) => `${/^[a-z_]\w*$/i.test(name) ? name : quoted(name)}: ${literal(item, inner)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{ ', ' }']
  const short = `${open}${entries.join(', ')}${close}`
  return short.length <= 68 ? short : `${open.trim()}\n${entries.map((entry) => `${inner}${entry},\n`).join('')}${indent}${close.trim()}`
}

const curl: Write = (request) => {
  const { method, headers, keyHeader, json, form } = request
  const shell = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
  return [
    `curl ${shell(address(request))}`,
    ...(method === 'GET' || form ? [] : [`-X ${method}`]),
    '-H "Authorization: Bearer $TOKEN"',
    ...headers.map(([name, value]) => `-H ${shell(`${name}: ${value}`)}`),
    ...(keyHeader ? [`-H "${keyHeader}: $(openssl rand -hex 16)"`] : []),
    ...(json === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${shell(JSON.stringify(json))}`]),
    ...(form
      ? [...Object.entries(form).map(([name, value]) => `-F ${shell(`${name}=${value}`)}`), "-F 'source=@photo.png;type=image/png'"]
      : []),
  ].join(' \\\n  ')
}

const swift: Write = (request) => {
  const { method, headers, keyHeader, json, form } = request
  const set = (name: string, value: string): string => `request.setValue(${value}, forHTTPHeaderField: "${name}")`
  return lines(
    `var request = URLRequest(url: URL(string: "${address(request)}")!)`,
    `request.httpMethod = "${method}"`,
    set('Authorization', '"Bearer \\(token)"'),
    ...headers.map(([name, value]) => set(name, JSON.stringify(value))),
    keyHeader && set(keyHeader, 'UUID().uuidString'),
    json !== undefined && set('Content-Type', '"application/json"'),
    json !== undefined && `request.httpBody = Data(#"${JSON.stringify(json)}"#.utf8)`,
    form && 'let boundary = UUID().uuidString',
    form && set('Content-Type', '"multipart/form-data; boundary=\\(boundary)"'),
    form && 'var body = Data()',
    ...Object.entries(form ?? {}).map(([name, value]) => `body.append(Data("${swiftPart(`name=\\"${name}\\"`)}${value}\\r\\n".utf8))`),
    form && `body.append(Data("${swiftPart('name=\\"source\\"; filename=\\"photo.png\\"', 'Content-Type: image/png\\r\\n')}".utf8))`,
    form && 'body.append(photo) // Data of the file',
    form && 'body.append(Data("\\r\\n--\\(boundary)--\\r\\n".utf8))',
    form && 'request.httpBody = body',
    'let (data, response) = try await URLSession.shared.data(for: request)',
    'print((response as! HTTPURLResponse).statusCode, String(decoding: data, as: UTF8.self))',
  )
}
const swiftPart = (disposition: string, more = ''): string =>
  `--\\(boundary)\\r\\nContent-Disposition: form-data; ${disposition}\\r\\n${more}\\r\\n`

const kotlin: Write = (request) => {
  const { method, headers, keyHeader, json, form } = request
  const text = (value: unknown): string => `"""${JSON.stringify(value).replaceAll('$', `\${'$'}`)}"""`
  const body = form ? 'form' : json === undefined ? (method === 'POST' ? '"".toRequestBody()' : 'null') : 'body'
  return lines(
    json !== undefined && `val body = ${text(json)}.toRequestBody("application/json".toMediaType())`,
    form && 'val form = MultipartBody.Builder().setType(MultipartBody.FORM)',
    ...Object.entries(form ?? {}).map(([name, value]) => `    .addFormDataPart("${name}", "${value}")`),
    form && '    .addFormDataPart("source", "photo.png", photo.asRequestBody("image/png".toMediaType())).build()',
    'val request = Request.Builder()',
    `    .url("${address(request)}")`,
    '    .header("Authorization", "Bearer $token")',
    ...headers.map(([name, value]) => `    .header("${name}", "${value}")`),
    keyHeader && `    .header("${keyHeader}", UUID.randomUUID().toString())`,
    `    .method("${method}", ${body})`,
    '    .build()',
    'OkHttpClient().newCall(request).execute().use { println(it.code); println(it.body?.string()) }',
  )
}

export const python: Write = (request) => {
  const { method, headers, keyHeader, json, form } = request
  return lines(
    keyHeader ? 'import os, uuid' : 'import os',
    'import requests',
    '',
    `answer = requests.${method.toLowerCase()}(`,
    `    ${quoted(address(request))},`,
    '    headers={',
    "        'Authorization': f\"Bearer {os.environ['TOKEN']}\",",
    ...headers.map(([name, value]) => `        ${quoted(name)}: ${quoted(value)},`),
    keyHeader && `        ${quoted(keyHeader)}: str(uuid.uuid4()),`,
    json !== undefined && "        'Content-Type': 'application/json',",
    '    },',
    json !== undefined && `    data=${quoted(JSON.stringify(json))},`,
    form &&
      `    data={${Object.entries(form)
        .map(([name, value]) => `${quoted(name)}: ${quoted(value)}`)
        .join(', ')}},`,
    form && "    files={'source': ('photo.png', open('photo.png', 'rb'), 'image/png')},",
    ')',
    'print(answer.status_code, answer.text)',
  )
}

const fetchInPage: Write = ({ method, target, headers, keyHeader, json, form }) =>
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

const typedClient: Write = (request) => {
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

/** TABLE: the languages, in the order in which they are offered. */
export const languages: Readonly<Record<string, Write>> = {
  curl,
  'JavaScript (fetch)': fetchInPage,
  'Typed client': typedClient,
  Swift: swift,
  'Kotlin (OkHttp)': kotlin,
  'Python (requests)': python,
}
