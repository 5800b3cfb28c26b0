/** The reference's script: searches, copies, and sends what is tried, as the person signed in on
 * this origin. Nothing is stored. */

const { base } = document.body.dataset
const find = (selector, within = document) => within.querySelector(selector)
const all = (selector, within = document) => [...within.querySelectorAll(selector)]

// Samples name this deployment, and can be copied

for (const code of all('.samples code')) code.textContent = code.textContent.replaceAll('https://app.example.com', location.origin)

for (const caption of all('figcaption')) {
  const button = Object.assign(document.createElement('button'), { type: 'button', className: 'quiet', textContent: 'Copy' })
  button.ariaLabel = `Copy ${caption.textContent} of ${caption.closest('article').id}`
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(find('code', caption.parentElement).textContent).then(
      () => 'Copied',
      () => 'The browser does not allow it',
    )
    button.textContent = done
    setTimeout(() => button.replaceChildren('Copy'), 2000)
  })
  caption.append(button)
}

// Search: articles that hold every word

const search = find('[role=search]')
const entries = all('article').map((article) => ({
  article,
  link: find(`nav a[href="#${article.id}"]`).parentElement,
  text: `${article.id} ${article.textContent}`.toLowerCase(),
}))

const show = () => {
  const words = search.elements.q.value.toLowerCase().split(/\s+/).filter(Boolean)
  let hits = 0
  for (const { article, link, text } of entries) {
    const isHit = words.every((word) => text.includes(word))
    article.hidden = !isHit
    link.hidden = !isHit
    hits += isHit ? 1 : 0
  }
  find('output', search).textContent = words.length === 0 ? '' : `${hits} of ${entries.length}`
}

search.hidden = false
search.addEventListener('input', show)
search.addEventListener('submit', (event) => event.preventDefault())
// What a link leads to is shown, whatever is searched for.
addEventListener('hashchange', () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)))
  if (!target?.closest('[hidden]')) return
  search.reset()
  show()
  target.scrollIntoView()
})
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target.matches('input, textarea, select')) return
  event.preventDefault()
  search.elements.q.focus()
})

// Trying

const otherwise = (words) => () => {
  throw new Error(words)
}

const exchange = async (method, path, { headers, body } = {}) => {
  // What cannot be a request is told by the browser, before anything is sent.
  const request = new Request(base + path, { method, headers: { 'X-BFF-CSRF': '1', ...headers }, body })
  const begun = performance.now()
  const answer = await fetch(request).catch(otherwise('No answer came.'))
  const text = await answer.text().catch(otherwise(`The answer, ${answer.status}, broke off.`))
  return { answer, text, took: `${Math.round(performance.now() - begun)} ms` }
}

const who = find('#who')
/** Of whom the answers on the page are. */
let session

/** Nothing of one person stays for the next. */
const forget = () => {
  for (const form of all('.try form')) {
    form.reset()
    find('output', form).replaceChildren()
    find('pre', form).replaceChildren()
    find('pre', form).hidden = true
  }
}

const tellWho = async () => {
  const { text } = await exchange('GET', '/auth/session')
  const { signedIn, sessionId, actor, roles } = JSON.parse(text)
  if (session !== undefined && session !== sessionId) forget()
  session = sessionId
  if (signedIn) return who.replaceChildren(`Signed in as ${actor.name ?? actor.id} (${roles.join(', ')})`)
  const { signIn } = who.dataset
  who.replaceChildren(
    signIn ? Object.assign(document.createElement('a'), { href: signIn, textContent: 'Sign in to try' }) : 'Not signed in',
  )
}

const jsonBody = (text) => {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`The body is not JSON: ${error.message}`)
  }
}

const bodyOf = ({ elements, dataset }) => {
  if (!elements.body) return {}
  const json = jsonBody(elements.body.value)
  if (dataset.media === 'application/json') return { headers: { 'Content-Type': dataset.media }, body: elements.body.value }
  if (Object(json) !== json || Array.isArray(json)) throw new Error('The fields of a form are one JSON object.')
  const body = new FormData()
  for (const [name, value] of Object.entries(json)) body.append(name, value)
  body.append('source', elements.source.files[0])
  return { body }
}

/** A note may hold any letters, a header only ASCII. */
const inHeader = ([name, value]) => {
  if (name === 'Audit-Note') return [name, encodeURIComponent(value)]
  if (/[^ -~]/.test(value)) throw new Error(`${name} takes ASCII letters, digits and signs alone.`)
  return [name, value]
}

const requestOf = (form) => {
  const given = all('[data-in]', form).filter(({ value }) => value !== '')
  const named = (place) => given.filter(({ dataset }) => dataset.in === place).map(({ name, value }) => [name, value])
  const inPath = Object.fromEntries(named('path'))
  const path = form.dataset.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(inPath[name]))
  const query = new URLSearchParams(named('query'))
  const { headers, body } = bodyOf(form)
  const why = named('header').map(inHeader)
  return { path: query.size > 0 ? `${path}?${query}` : path, headers: { ...headers, ...Object.fromEntries(why) }, body }
}

/** Numbers that would be rounded keep their text, in browsers that can. */
const exact = (text) =>
  JSON.parse(text, (_key, value, context) =>
    typeof value === 'number' && context?.source !== undefined && String(value) !== context.source ? JSON.rawJSON(context.source) : value,
  )

const told = (text, type) => (type.includes('json') && text !== '' ? JSON.stringify(exact(text), null, 2) : text.slice(0, 4000))

const send = async (form) => {
  const output = find('output', form)
  const shown = find('pre', form)
  const say = (text, kind) => {
    output.dataset.kind = kind
    output.textContent = text
  }
  say('Sending…', 'busy')
  try {
    const { path, ...options } = requestOf(form)
    const { answer, text, took } = await exchange(form.dataset.method, path, options)
    if (path.startsWith('/auth/')) await tellWho()
    shown.textContent = told(text, answer.headers.get('Content-Type') ?? '')
    shown.hidden = shown.textContent === ''
    say(`${answer.status} in ${took}, request ${answer.headers.get('X-Request-Id')}`, answer.ok ? 'good' : 'bad')
  } catch (error) {
    shown.hidden = true
    say(error.message, 'bad')
  }
}

for (const form of all('.try form')) {
  form.parentElement.hidden = false
  const button = find('button', form)
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    button.disabled = true
    await send(form)
    button.disabled = false
  })
}

const lookWho = () => void tellWho().catch(() => who.replaceChildren('The service does not answer'))
lookWho()
// Meanwhile another tab may have signed out, or somebody else in.
document.addEventListener('visibilitychange', () => document.hidden || lookWho())
