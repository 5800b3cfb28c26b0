/** The page of one operation: reveal its personal data, copy what would restore a person, resolve
 * it by hand. */
import { call, downloadByScript, exact, find, printable, say, sayFault, textOf } from './call.js'
import './times.js'

const { operation } = document.body.dataset
let before

const element = (name, content, attributes = {}) => {
  const made = Object.assign(document.createElement(name), attributes)
  made.append(...[content].flat().map((part) => (typeof part === 'string' ? printable(part) : part)))
  return made
}

const isPlain = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

const shown = (value) => {
  if (value === undefined || value === null || value === '') return element('span', 'empty', { className: 'empty' })
  if (JSON.isRawJSON?.(value)) return value.rawJSON
  if (isPlain(value) && Object.keys(value).length > 0)
    return element(
      'dl',
      Object.entries(value).map(([name, inner]) => element('div', [element('dt', name), element('dd', shown(inner))])),
      { className: 'nested' },
    )
  return typeof value === 'object' ? element('pre', JSON.stringify(value, null, 2), { tabIndex: 0 }) : printable(String(value))
}

/** `kept`: of a guarded call the user before it, of an update the values before and after. */
const fill = (kept) => {
  const isUpdate = document.getElementById('diff')?.hasAttribute('data-update')
  for (const row of document.querySelectorAll('#diff tr')) {
    const { field } = row.dataset
    find('.before', row).replaceChildren(shown((isUpdate ? kept.before : kept)?.[field]))
    find('.after .sealed', row)?.replaceWith(shown(kept.after?.[field]))
  }
}

const names = {
  actor: 'Who, in full',
  onBehalfOf: 'On behalf of',
  people: 'People',
  ip: 'Address',
  userAgent: 'Browser',
  note: 'Note',
  path: 'Sent to',
}

const fillPersonal = (person = {}) => {
  const list = find('#personal')
  const rows = Object.entries(person).filter(([, value]) => value && (typeof value !== 'object' || Object.values(value).some(Boolean)))
  list.replaceChildren(
    ...rows.map(([name, value]) => {
      const text = typeof value === 'object' ? Object.values(value).filter(Boolean).join(', ') : String(value)
      return element('div', [element('dt', names[name] ?? name), element('dd', text)])
    }),
  )
  list.hidden = rows.length === 0
}

find('#reveal')?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const output = find('output', event.target)
  say(output, 'Recording that you look…', 'busy')
  try {
    const { personal } = exact(await textOf(await call(`/api/operations/${operation}/reveal`, { method: 'POST' })))
    before = personal.before
    if (before) fill(before)
    fillPersonal(personal.person)
    if (personal.person?.note) find('.facts .note')?.replaceChildren(printable(personal.person.note))
    const copy = find('#copy')
    if (copy) copy.disabled = !before?.userId
    say(
      output,
      before || personal.person ? 'Shown below and in the table. That you looked is in the journal.' : 'Nothing is kept any more.',
    )
  } catch (error) {
    sayFault(output, error)
  }
})

const preCreateBody = ({ userId, givenName, surname, email, signedUpAt, properties }) =>
  Object.fromEntries(
    Object.entries({ userId, givenName, surname, email, signedUpAt, properties }).filter(
      ([, value]) => value !== undefined && value !== null,
    ),
  )

find('#copy')?.addEventListener('click', async () => {
  const output = find('#reveal output')
  const text = JSON.stringify(preCreateBody(before), null, 2)
  try {
    await navigator.clipboard.writeText(text)
    say(output, 'Copied: the body of a pre_create_app_user call. It brings back the profile, not the conversation.')
  } catch {
    const why = isSecureContext ? 'The browser did not allow copying.' : 'Browsers allow copying over https and on localhost only.'
    say(output, `${why} Mark this and copy it:`, 'bad')
    output.append(element('pre', text, { tabIndex: 0 }))
  }
})

find('#resolve')?.addEventListener('submit', async (event) => {
  event.preventDefault()
  const output = find('output', event.target)
  const { verdict, note } = Object.fromEntries(new FormData(event.target))
  say(output, 'Recording…', 'busy')
  try {
    await call(`/api/operations/${operation}/resolve`, { method: 'POST', body: { verdict, ...(note && { note }) } })
    location.reload()
  } catch (error) {
    sayFault(output, error)
  }
})

downloadByScript(document.querySelectorAll('.proofs a'), (link) => find('output', link.parentElement))

for (const button of document.querySelectorAll('.act [type=submit]')) button.disabled = false
