/** Calls of the console's pages to the journal's API, and texts for their answers. */

const { signin } = document.body.dataset
export const { root } = document.body.dataset

export const find = (selector, within = document) => within.querySelector(selector)

// A page that the browser keeps for its Back button outlives the session: it is emptied when it is
// left, and asked for anew.
addEventListener('pagehide', ({ persisted }) => persisted && document.body.replaceChildren())
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

/** The answer of a call below the console's root. */
export const call = (path, options) => request(root + path, options)

/** In place of an error whose words are the browser's own, and in each another. */
const otherwise = (words) => () => {
  throw new Error(words)
}

/** The answer, or an error whose message can be shown. */
const request = async (address, { method = 'GET', body } = {}) => {
  const headers = { 'X-BFF-CSRF': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) }
  const sent = fetch(address, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  const answer = await sent.catch(otherwise('No answer came.'))
  if (answer.ok) return answer
  const problem = await answer.json().catch(() => ({}))
  throw Object.assign(new Error(problem.detail ?? `The service answered ${answer.status}.`), {
    status: answer.status,
    retryAfter: Number(answer.headers.get('Retry-After') ?? 0),
    code: problem.error?.code,
  })
}

export const textOf = (answer) => answer.text().catch(otherwise('The answer broke off.'))

/** JSON.parse that keeps the text of numbers that would be rounded, in browsers that can. */
export const exact = (text) =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? JSON.rawJSON(context.source) : value,
  )

/** Invisible characters (bidi, zero-width) are shown as escapes; they could reverse or hide
 * text. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
export const printable = (text) =>
  text.replace(unseen, (mark) =>
    [...Array(mark.length).keys()].map((at) => `\\u${mark.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )

const amount = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`)

/** What a link leads to, saved as a file. By script: it tells how far it is, and a browser that
 * says nothing of where a request comes from would be refused. */
const download = async (link, output) => {
  const answer = await request(link.href)
  const parts = []
  let bytes = 0
  // Read step by step: WebKit cannot iterate a stream.
  const reader = answer.body.getReader()
  const read = () => reader.read().catch(otherwise('The file broke off, and is not saved. Begin again.'))
  for (let part = await read(); !part.done; part = await read()) {
    parts.push(part.value)
    bytes += part.value.length
    say(output, `${amount(bytes)}…`, 'busy')
  }
  const url = URL.createObjectURL(new Blob(parts, { type: answer.headers.get('content-type') }))
  Object.assign(document.createElement('a'), { href: url, download: link.download }).click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
  say(output, `Saved: ${link.download}, ${amount(bytes)}.`)
}

/** `output` gives the place that tells of a link's download. */
export const downloadByScript = (links, output) => {
  for (const link of links)
    link.addEventListener('click', (event) => {
      event.preventDefault()
      download(link, output(link)).catch((error) => sayFault(output(link), error))
    })
}

export const say = (output, text, kind = 'good') => {
  output.dataset.kind = kind
  output.textContent = printable(text)
}

/** An error that asks for a sign-in, or a fresh one, gets a link to it, which comes back to this
 * page. */
export const sayFault = (output, error) => {
  say(output, error.message, 'bad')
  if (!signin || !['step_up_required', 'unauthorized'].includes(error.code)) return
  output.append(' ', Object.assign(document.createElement('a'), { href: signin, textContent: 'Sign in' }))
}
