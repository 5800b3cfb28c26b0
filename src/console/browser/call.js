/** Calls of the console's pages to the journal's API, and what they tell of them. */

export const { root } = document.body.dataset

export const find = (selector, within = document) => within.querySelector(selector)

/** The answer of a call, or an error whose message can be shown. */
export const call = async (path, { method = 'GET', body } = {}) => {
  const headers = { 'X-BFF-CSRF': '1', ...(body !== undefined && { 'Content-Type': 'application/json' }) }
  const answer = await fetch(root + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  if (answer.ok) return answer
  const problem = await answer.json().catch(() => ({}))
  throw Object.assign(new Error(problem.detail ?? `The service answered ${answer.status}.`), {
    status: answer.status,
    retryAfter: Number(answer.headers.get('Retry-After') ?? 0),
    code: problem.error?.code,
  })
}

/** What JSON says, with the text of each number that would be rounded. A browser that cannot tell rounds. */
export const exact = (text) =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? JSON.rawJSON(context.source) : value,
  )

/** What is put into a page shows marks that nobody sees, such as those that turn a line, instead of obeying them. */
const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
export const printable = (text) =>
  text.replace(unseen, (mark) =>
    [...Array(mark.length).keys()].map((at) => `\\u${mark.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  )

export const say = (output, text, kind = 'good') => {
  output.dataset.kind = kind
  output.textContent = printable(text)
}
