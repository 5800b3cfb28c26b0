/** The demo page: each form names its call in `data-call`; here it is confirmed, sent, and followed
 * by what `data-then` says. Nothing is stored. */
import { appUser, ask, questions } from './confirm.js'
import {
  clearPerson,
  forget,
  nameOf,
  remember,
  showAuthCode,
  showChannels,
  showClients,
  showLinkRequests,
  showSystems,
  showUser,
} from './person.js'
import { call, clearLog, find } from './wire.js'

// A page that the browser keeps for its Back button outlives the session: as in the console.
addEventListener('pagehide', ({ persisted }) => persisted && document.body.replaceChildren())
addEventListener('pageshow', ({ persisted }) => persisted && location.reload())

/** Who is signed in: customer, agent, auditor or admin; undefined: nobody. */
let person
/** The user on show as the API last told, and its name in paths: `me` or its `_id`. */
let user
let subject

class Refused extends Error {
  constructor({ status, content, requestId, wait }) {
    const { code, description } = content.error ?? { code: `status ${status}`, description: content }
    super(`${status || ''} ${code}: ${description}${wait ? ` Try again in ${wait} s.` : ''} (request ${requestId})`)
    this.status = status
    this.code = code
  }
}

/** Some calls want a fresh sign-in: it is offered, and the call repeated once. */
const send = async (method, path, body, why) => {
  let answer = await call(method, path, body, why)
  if (answer.content.error?.code === 'step_up_required') {
    const agreed = await ask({ title: 'Sign in again?', lines: [answer.content.error.description], button: 'Sign in again and repeat' })
    if (agreed && (await call('POST', '/auth/demo', { person })).ok) answer = await call(method, path, body, why)
  }
  if (!answer.ok) throw new Refused(answer)
  return answer
}

const readUser = async (id) => (await send('GET', appUser(id))).content.appUser

// Forms

/** `{name}` in a path is the form's field of that name, else the user on show. */
const pathOf = (form, template) => template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(form.elements[name]?.value ?? subject))

/** Fields by their dotted names. Empty ones are left out; in a change, unchanged ones are, and an
 * emptied one is null. */
const bodyOf = (form) => {
  const { body: kind } = form.dataset
  if (kind === undefined) return undefined
  if (form.enctype === 'multipart/form-data') return new FormData(form)
  const named = [...form.elements].filter(({ name }) => name)
  const wanted = named.filter(({ value, dataset }) => (kind === 'changed' ? value !== dataset.was : value !== ''))
  if (wanted.length === 0) throw new Error('Nothing was sent: no field has changed.')
  const body = {}
  for (const { name, value } of wanted) put(body, name.split('.'), value === '' ? null : value)
  return body
}

const put = (place, [key, ...rest], value) => {
  if (rest.length === 0) place[key] = value
  else {
    place[key] ??= {}
    put(place[key], rest, value)
  }
}

const say = (form, text, kind = 'ok') => {
  const output = form.dataset.output ? find(`#${form.dataset.output}`) : find('output', form)
  output.dataset.kind = kind
  output.textContent = text
}

/** The stand-in fails at the operation while `run` calls it. */
const withFault = async (operation, fault, run) => {
  const begun = await call('POST', '/demo/faults', { operation, fault })
  if (!begun.ok) throw new Refused(begun)
  try {
    return await run()
  } finally {
    await call('DELETE', '/demo/faults')
  }
}

const submit = async (form, { fault } = {}) => {
  const { call: what, operation, confirm, then, done = 'Done.' } = form.dataset
  const [method, template] = what.split(' ')
  say(form, '')
  try {
    const question = confirm && (await questions[confirm]({ user, subject, form, readUser }))
    const why = question && (await ask({ ...question, why: person !== 'customer' }))
    if (question && !why) return say(form, 'Cancelled: nothing was changed.')
    say(form, 'Working…', 'busy')
    const begin = () => send(method, pathOf(form, template), bodyOf(form), why)
    const { content, status, took } = await (fault ? withFault(operation, fault, begin) : begin())
    await effects[then](content, form)
    say(form, `${done} ${status} in ${took}.`)
  } catch (error) {
    await failed(form, error)
  }
}

const failed = (form, error) => {
  say(form, error.message, 'bad')
  if (error.status === 401 && error.code !== 'step_up_required') leave('Your session has ended. Sign in again to go on.')
}

for (const place of document.querySelectorAll('.faults')) place.replaceWith(find('#faults').content.cloneNode(true))

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (form.method === 'dialog') return
  event.preventDefault()
  if (form.ariaBusy === 'true') return
  form.ariaBusy = 'true'
  await submit(form, event.submitter?.dataset)
  form.ariaBusy = 'false'
})

// What follows a call

const show = (shown) => {
  user = shown
  if (person !== 'customer') subject = user._id
  showUser(user, person === 'customer')
}

const refreshClients = async () => {
  user = await readUser(subject)
  showClients(user)
}

const openUser = async (shown) => {
  clearPerson()
  show(shown)
  find('#person-title').focus()
  if (person === 'customer') return
  showChannels((await send('GET', `${appUser(subject)}/channels`)).content)
  showSystems((await send('GET', `${appUser(subject)}/businesssystems`)).content)
}

const isPending = () => user?.pendingClients?.length > 0

/** The person at the other end confirms a link: look a few times, without touching what is typed
 * meanwhile. */
const watchLink = async (form) => {
  const [by, whose] = [person, subject]
  for (let times = 0; times < 6 && isPending(); times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 900))
    if (person !== by || subject !== whose) return
    await refreshClients()
  }
  say(form, isPending() ? 'Still pending: the person has not confirmed yet.' : 'Confirmed: the channel is linked.')
}

const effects = {
  enter: (session) => enter(session),
  leave: () => leave('You have signed out.'),
  opened: ({ appUser: opened }) => openUser(opened),
  updated: ({ appUser: updated }) => show(updated),
  linked: ({ appUser: linked }, form) => {
    user = linked
    showClients(user)
    watchLink(form).catch((error) => failed(form, error))
  },
  unlinked: async () => {
    await refreshClients()
    find('#channels-title').focus()
  },
  posted: ({ message }) => find('#posted').replaceChildren(`Message ${message._id}`),
  reached: showChannels,
  coded: showAuthCode,
  requested: showLinkRequests,
  unharmed: () => {},
  removed: () => {
    find('#staff-said').textContent = `${nameOf(user)} is deleted.`
    clearPerson()
    find('#lookup-title').focus()
  },
  merged: async (_, form) => {
    const survivor = form.elements['surviving._id'].value
    form.reset()
    await openUser(await readUser(survivor))
  },
}

// Signing in and out

const showFor = (whom) => {
  person = whom
  find('#door').hidden = whom !== undefined
  find('#who').hidden = whom === undefined
  for (const part of document.querySelectorAll('[data-for]')) part.hidden = !part.dataset.for.split(' ').includes(whom)
}

const enter = async ({ roles, actor, userId }) => {
  forget()
  showFor(['admin', 'agent', 'auditor'].find((role) => roles.includes(role)) ?? 'customer')
  find('#name').textContent = actor.name ?? actor.id
  find('#role').textContent = person
  find('#picture [name=role]').value = person === 'customer' ? 'appUser' : 'appMaker'
  remember(...document.body.dataset.known.split(' '), userId)
  if (person !== 'customer') return find(person === 'auditor' ? '#audit-title' : '#lookup-title').focus()
  subject = 'me'
  await openUser(await readUser('me'))
}

const leave = (why) => {
  forget()
  clearLog()
  showFor(undefined)
  user = undefined
  subject = undefined
  find('#door-said').textContent = why
  find('#door-title').focus()
}

find('#picture [type=file]').addEventListener('change', ({ target }) => {
  const preview = find('#preview')
  URL.revokeObjectURL(preview.src)
  preview.hidden = target.files.length === 0
  if (!preview.hidden) preview.src = URL.createObjectURL(target.files[0])
})

const begin = async () => {
  const { content } = await call('GET', '/auth/session')
  if (content.signedIn) await enter(content)
  else showFor(undefined)
}

begin().catch((error) => leave(error.message))
