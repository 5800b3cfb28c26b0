/** The view of a user: facts, profile, channels, business systems, and codes that stay blurred
 * until clicked. */
import { copies, find, make, printed } from './wire.js'

export const nameOf = (user) => [user.givenName, user.surname].filter(Boolean).join(' ') || user.userId || 'a user without a name'

export const showUser = (user, own) => {
  showClients(user)
  remember(user.userId, user._id)
  const facts = {
    userId: user.userId ?? 'none (anonymous)',
    _id: user._id,
    'Signed up': user.signedUpAt ? new Date(user.signedUpAt).toLocaleString('en', { dateStyle: 'medium', timeStyle: 'short' }) : 'unknown',
    Conversation: user.conversationStarted ? 'started' : 'not started',
    Properties: pairs(user.properties) || 'none',
  }
  const row = ([name, value]) => make('div', {}, make('dt', { textContent: name }), make('dd', { textContent: value }))
  find('#person-title').textContent = own ? 'Your profile' : nameOf(user)
  find('#facts').replaceChildren(...Object.entries(facts).map(row))
  fill(find('#profile'), user)
  find('#person').hidden = false
}

const fill = (form, user) => {
  for (const field of form.elements) {
    if (!field.name) continue
    field.value = field.name.split('.').reduce((at, key) => at?.[key], user) ?? ''
    // The value that the field shows, not the given one: a select knows only its options.
    field.dataset.was = field.value
  }
}

const pairs = (record) =>
  Object.entries(record)
    .map(([key, value]) => `${key}: ${value}`)
    .join(', ')

/** Ids seen in this tab are offered where an id is asked for. */
export const remember = (...ids) => {
  const known = new Set([...find('#people').options].map(({ value }) => value))
  find('#people').append(...ids.filter((id) => id && !known.has(id)).map((value) => make('option', { value })))
}

const list = (selector, rows, otherwise) =>
  find(selector).replaceChildren(...(rows.length > 0 ? rows : [make('li', { className: 'none', textContent: otherwise })]))

/** Puts an id into the field for link requests, unless one stands there. */
const offerIntegration = (id = '') => {
  const field = find('[name=integration]')
  if (field.value === '') field.value = id
}

export const showClients = ({ clients = [], pendingClients = [] }) => {
  offerIntegration(clients.find(({ integrationId }) => integrationId)?.integrationId)
  const rows = [...clients.map((it) => clientRow(it, false)), ...pendingClients.map((it) => clientRow(it, true))]
  list('#clients', rows, 'No channel is linked.')
}

// Devices with the vendor's SDK, which cannot be unlinked.
const devices = ['android', 'ios', 'web']

const clientRow = ({ platform, displayName = '', status = 'linked', info, raw }, pending) => {
  const row = find('#client').content.firstElementChild.cloneNode(true)
  find('b', row).textContent = platform
  find('.name', row).textContent = displayName
  find('.tag', row).textContent = pending ? 'pending' : status
  row.dataset.pending = pending
  find('input', row).value = platform
  find('form button', row).textContent = `Unlink ${platform}`
  find('form', row).hidden = devices.includes(platform)
  find('details', row).hidden = info === undefined && raw === undefined
  find('pre', row).replaceChildren(...printed({ info, raw }))
  return row
}

const typed = ({ type, ...rest }) => make('li', {}, make('b', { textContent: type }), ` ${pairs(rest)}`)

export const showChannels = ({ channels }) => list('#reached', channels.map(typed), 'No channel of this user has an id.')

export const showSystems = ({ businessSystems }) =>
  list('#systems', businessSystems.map(typed), 'No business system is connected to this user.')

export const showAuthCode = ({ authCode }) => find('#code').replaceChildren(...blurred(authCode))

export const showLinkRequests = ({ linkRequests }) =>
  list(
    '#requests',
    linkRequests.map(({ type, url }) => make('li', {}, make('b', { textContent: type }), ' ', ...blurred(url))),
    'None came back.',
  )

/** Dots until clicked. Not in the page's text before, where a screenshot or screen reader would get
 * it. */
const blurred = (text) => {
  const code = make('code', { className: 'blurred', textContent: '•'.repeat(24) })
  const button = make('button', { type: 'button', className: 'quiet', textContent: 'Show' })
  const show = () => {
    code.className = ''
    code.textContent = text
    button.textContent = 'Copy'
    copies(button, () => text)
  }
  button.addEventListener('click', show, { once: true })
  return [code, ' ', button]
}

/** Empties the view, so that nothing of one user is taken for the next. */
export const clearPerson = () => {
  find('#person').hidden = true
  find('#preview').hidden = true
  for (const id of ['person-title', 'facts', 'clients', 'reached', 'systems', 'code', 'requests', 'posted'])
    find(`#${id}`).replaceChildren()
  for (const form of document.querySelectorAll('#person form')) form.reset()
  for (const field of document.querySelectorAll('[data-was]')) delete field.dataset.was
  for (const said of document.querySelectorAll('#person output')) said.replaceChildren()
}

/** Forgets what one person saw before the next signs in. */
export const forget = () => {
  clearPerson()
  for (const form of document.querySelectorAll('main form')) form.reset()
  for (const said of document.querySelectorAll('output, main [role=status]')) said.replaceChildren()
}
