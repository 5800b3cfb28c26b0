/** The live timeline: the log's stream says that something happened, the server renders the rows.
 * Export with progress, and arrow keys between rows. */
import { call, downloadByScript, find, root, say, sayFault, textOf } from './call.js'
import { localTimes, sayZone } from './times.js'
import './columns.js'
import './views.js'

const { live } = document.body.dataset
/** Pause before a refresh, which gathers events; longer from the twentieth refresh of a minute
 * on. */
const soonMs = 40
const betweenMs = 400
const busyBetweenMs = 4_000
const busyFrom = 20

// Live rows

/** Replaces an element unless it is the same, or somebody is in it with the keyboard. */
const renew = (fresh, id) => {
  const old = document.getElementById(id)
  const now = fresh.getElementById(id)
  if (!old || !now || old.contains(document.activeElement)) return
  // Details that a person has unfolded stay open.
  const folds = now.querySelectorAll('details')
  for (const [at, { open }] of [...old.querySelectorAll('details')].entries()) folds[at]?.toggleAttribute('open', open)
  if (old.outerHTML !== now.outerHTML) old.replaceWith(document.importNode(now, true))
}

/** Known rows stay in place, and keep the focus. */
const renewRows = (fresh) => {
  const old = find('#found .rows')
  const now = find('#found .rows', fresh)
  const older = document.activeElement?.closest('#found')
  if (!old || !now || !older) {
    const known = new Set([...(old?.children ?? [])].map((row) => row.dataset.op))
    renew(fresh, 'found')
    mark(known)
    return
  }
  const known = new Map([...old.children].map((row) => [row.dataset.op, row]))
  const rows = [...now.children].map((row) => {
    const same = known.get(row.dataset.op)
    return same && (same.outerHTML === row.outerHTML || same.contains(document.activeElement)) ? same : document.importNode(row, true)
  })
  // A row that is moved loses the focus.
  for (const row of known.values()) if (!rows.includes(row)) row.remove()
  let next = old.firstElementChild
  for (const row of rows)
    if (row === next) next = next.nextElementSibling
    else old.insertBefore(row, next)
  mark(new Set(known.keys()))
}

/** Highlights new rows. */
const mark = (known) => {
  for (const row of document.querySelectorAll('#found .op')) if (!known.has(row.dataset.op)) row.classList.add('fresh')
}

/** What is so of the live rows, whether or not a refresh fails. */
let standing = ['']
const stand = (...words) => {
  standing = words
  say(find('#live'), ...words)
}

let refreshing = false
let failed = false
let again = false
/** Time of the next request, at the earliest. */
let notBefore = 0
let refreshes = []
const refresh = async () => {
  const q = new URLSearchParams(location.search).get('q')
  const answer = await call(`/rows${q ? `?q=${encodeURIComponent(q)}` : ''}`)
  const fresh = new DOMParser().parseFromString(await textOf(answer), 'text/html')
  localTimes(fresh)
  for (const id of ['summary', 'alerts']) renew(fresh, id)
  if (!find('#charts details[open]')) renew(fresh, 'charts')
  renewRows(fresh)
}

const pause = () => {
  const now = performance.now()
  refreshes = [...refreshes.filter((at) => now - at < 60_000), now]
  return refreshes.length < busyFrom ? betweenMs : busyBetweenMs
}

const sleepUntil = (moment) => new Promise((resolve) => setTimeout(resolve, Math.max(soonMs, moment - performance.now())))

/** One refresh for many events; events during a refresh cause another. None while the page is
 * hidden. */
const refreshSoon = async () => {
  again = true
  if (refreshing) return
  refreshing = true
  while (again && !document.hidden) {
    await sleepUntil(notBefore)
    again = false
    notBefore = performance.now() + pause()
    try {
      await refresh()
      if (failed) stand(...standing)
      failed = false
    } catch (error) {
      failed = true
      sayFault(find('#live'), error)
      if (error.retryAfter > 0) {
        notBefore = performance.now() + error.retryAfter * 1000
        again = true
      }
    }
  }
  refreshing = false
}

/** Only a page that is shown holds a stream: over HTTP/1.1 a browser opens six connections to an
 * origin, and six streams would take them all. */
const follow = (from) => {
  let next = from
  let source
  let later
  const close = () => {
    clearTimeout(later)
    source?.close()
    source = undefined
  }
  const open = () => {
    if (source || document.hidden) return
    clearTimeout(later)
    // It begins where the last one ended: what came meanwhile comes now.
    source = new EventSource(`${root}/api/stream?from=${next}`)
    source.addEventListener('open', () => stand('Live: new operations appear by themselves.'))
    source.addEventListener('message', ({ lastEventId }) => {
      next = Number(lastEventId) + 1
      void refreshSoon()
    })
    source.addEventListener('error', () => {
      // Reconnects after a refusal, which the browser does not do by itself.
      const over = source.readyState === EventSource.CLOSED
      stand(over ? 'No longer live: tried again in a minute, or reload this page.' : 'Connecting again…', over ? 'bad' : 'busy')
      if (!over) return
      close()
      later = setTimeout(open, 60_000)
    })
  }
  open()
  document.addEventListener('visibilitychange', () => (document.hidden ? close() : open()))
  addEventListener('pagehide', close)
  addEventListener('pageshow', open)
}

if (live !== undefined) {
  if (isSecureContext) follow(live)
  else stand('Renewed every 15 seconds: browsers allow live rows over https and on localhost only.', 'busy')
  // Ages and the state of the gate change without an event.
  setInterval(() => void refreshSoon(), 15_000)
  document.addEventListener('visibilitychange', () => again && void refreshSoon())
}

// Search

find('form.search').addEventListener('submit', () => {
  find('#q').value = sayZone(find('#q').value)
})

// Verification

find('#verify').hidden = false
find('#verify button').addEventListener('click', async () => {
  const output = find('#verify output')
  say(output, 'Verifying…', 'busy')
  try {
    const { ok, size, milliseconds, findings, failure } = JSON.parse(await textOf(await call('/api/verify', { method: 'POST' })))
    const wrong = failure ? `It could not be verified: ${failure}.` : `Not intact: ${findings[0]}.`
    say(output, ok ? `${size} events are intact (${milliseconds} ms).` : wrong, ok ? 'good' : 'bad')
    void refreshSoon()
  } catch (error) {
    sayFault(output, error)
  }
})

// Export

downloadByScript(document.querySelectorAll('#export a'), () => find('#export output'))

// Keys

document.addEventListener('keydown', (event) => {
  const row = event.target.closest?.('.op')
  if (!row || !['ArrowDown', 'ArrowUp'].includes(event.key)) return
  const next = event.key === 'ArrowDown' ? row.nextElementSibling : row.previousElementSibling
  const link = next && find('.open', next)
  if (!link) return
  event.preventDefault()
  link.focus()
})
