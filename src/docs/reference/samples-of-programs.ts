/** Samples for apps and programs, which bring a bearer token. */
import { address, lines, quoted, type Write } from './sample-text.ts'

export const curl: Write = (request) => {
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

export const swift: Write = (request) => {
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

export const kotlin: Write = (request) => {
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
