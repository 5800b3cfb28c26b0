/** One call to the API: sent, timed, and shown in the page's log as it was on the wire. The log is
 * kept in the page only. */

export const find = (selector, root = document) => root.querySelector(selector)
export const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

const { base } = document.body.dataset
const maxCalls = 60

const none = { ok: false, status: 0, requestId: 'none' }
const noAnswer = { ...none, took: 'no answer', content: 'No answer came. Is the demo still running?' }

const exchange = async ({ method, url, headers, body }) => {
  const request = new Request(url, { method, headers, ...(body && { body: body instanceof FormData ? body : JSON.stringify(body) }) })
  const begun = performance.now()
  const response = await fetch(request).catch(() => undefined)
  if (!response) return noAnswer
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json') ?? false
  return {
    ok: response.ok,
    status: response.status,
    took: `${Math.round(performance.now() - begun)} ms`,
    requestId: response.headers.get('x-request-id') ?? 'none',
    wait: response.headers.get('retry-after'),
    content: isJson && text !== '' ? JSON.parse(text) : text,
  }
}

/** Never throws: an error is an answer too. `path` is below the API's base; a body is an object or
 * a FormData. */
export const call = async (method, path, body, more) => {
  const json = body !== undefined && !(body instanceof FormData)
  const sent = {
    method,
    url: base + path,
    headers: { 'X-BFF-CSRF': '1', ...(json && { 'Content-Type': 'application/json' }), ...more },
    body,
  }
  const answer = await exchange(sent).catch(({ message }) => ({ ...none, took: 'failed', content: message }))
  log(sent, answer)
  return answer
}

const log = (sent, { ok, status, took, requestId, content }) => {
  const entry = find('#entry').content.firstElementChild.cloneNode(true)
  const put = (selector, ...parts) => find(selector, entry).replaceChildren(...parts)
  entry.dataset.ok = ok
  put('summary b', sent.method)
  put('.path', ...breakable(sent.url))
  put('.status', status || '–')
  put('.took', took)
  put('code', requestId)
  put('.sent pre', ...(sent.body instanceof FormData ? [printForm(sent.body)] : printed(sent.body)))
  put('.answered pre', ...printed(withoutCodes(content)))
  find('.sent', entry).hidden = sent.body === undefined
  copies(find('button', entry), () => asFetch(sent))
  for (const open of document.querySelectorAll('#calls details[open]')) open.open = false
  find('details', entry).open = true
  find('#calls').prepend(entry)
  find('#calls').children[maxCalls]?.remove()
  find('#quiet').hidden = true
  find('#last a').textContent = `${status || '–'} in ${took}: ${sent.method} ${sent.url}`
  find('#last').hidden = false
}

/** A long path may break after a slash or a question mark. */
const breakable = (url) => url.split(/(?<=[/?])/).flatMap((part) => [part, make('wbr')])

export const clearLog = () => find('#calls').replaceChildren()

/** Codes are credentials: shown where they were asked for, and not again in the log. */
const withoutCodes = (content) => {
  const hidden = '(not repeated here)'
  if (content?.authCode) return { ...content, authCode: hidden }
  if (content?.linkRequests) return { ...content, linkRequests: content.linkRequests.map((it) => ({ ...it, code: hidden, url: hidden })) }
  return content
}

/** JSON as text and elements: keys, which begin a line, have a colour. */
export const printed = (content) => {
  if (content === undefined || content === '') return ['(no body)']
  if (typeof content === 'string') return [content]
  const parts = JSON.stringify(content, null, 2).split(/^( *"(?:[^"\\\n]|\\.)*"): /m)
  return parts.flatMap((part, at) => (at % 2 ? [make('span', { className: 'key', textContent: part }), ': '] : [part]))
}

const printForm = (form) =>
  [...form].map(([name, it]) => `${name} = ${it instanceof File ? `${it.name} (${it.type}, ${it.size} bytes)` : it}`).join('\n')

const asFetch = ({ method, url, headers, body }) => {
  const form = body instanceof FormData
  const append = ([name, it]) => `form.append('${name}', ${it instanceof File ? 'file' : JSON.stringify(it)})`
  return [
    ...(form ? ['const form = new FormData()', ...[...body].map(append)] : []),
    `await fetch(${JSON.stringify(url)}, {`,
    `  method: '${method}',`,
    `  headers: ${JSON.stringify(headers)},`,
    ...(body ? [form ? '  body: form,' : `  body: JSON.stringify(${JSON.stringify(body)}),`] : []),
    '})',
  ].join('\n')
}

/** A button that copies a text and says so for a moment. */
export const copies = (button, text) => {
  const label = button.textContent
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    )
    button.textContent = done ? 'Copied' : 'Not allowed by the browser'
    setTimeout(() => button.replaceChildren(label), 2000)
  })
}
