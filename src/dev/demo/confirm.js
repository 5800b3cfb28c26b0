/** The dialog before a call that cannot be undone: what will happen, to whom, and by which call. */
import { nameOf } from './person.js'
import { find, make } from './wire.js'

const { base, reasons } = document.body.dataset

export const appUser = (id) => `/v1.1/appusers/${encodeURIComponent(id)}`

find('#why select').replaceChildren(
  make('option', { value: '', textContent: 'choose one' }),
  ...reasons.split(' ').map((value) => make('option', { value, textContent: value.replaceAll('_', ' ') })),
)

/** The headers that say why; a header holds ASCII alone, so the note is percent-encoded. */
const whyIn = ({ reason, ticket, note }) => ({
  ...(reason.value && { 'Audit-Reason': reason.value }),
  ...(ticket.value && { 'Audit-Ticket': ticket.value }),
  ...(note.value && { 'Audit-Note': encodeURIComponent(note.value) }),
})

/** Headers of the call when the person agreed, else undefined. Cancel has the focus at first, and
 * Escape means no. `why`: whether a reason is asked for. */
export const ask = ({ title, request = '', lines, button, why = false }) => {
  const dialog = find('#ask')
  const fields = find('#why', dialog)
  find('h2', dialog).textContent = title
  find('code', dialog).textContent = request.replace(' ', ` ${base}`)
  find('ul', dialog).replaceChildren(...lines.map((line) => make('li', { textContent: line })))
  find('[value=yes]', dialog).textContent = button
  find('[value=yes]', dialog).classList.toggle('danger', request !== '')
  find('form', dialog).reset()
  // What is disabled is not required.
  fields.hidden = !why
  fields.disabled = !why
  dialog.returnValue = 'no'
  dialog.showModal()
  return new Promise((resolve) =>
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes' ? whyIn(find('form', dialog).elements) : undefined), {
      once: true,
    }),
  )
}

const idOf = ({ userId, _id }) => userId ?? _id
const both = (user) => `${nameOf(user)} (${idOf(user)})`
const sessionsEnd = 'If this person is signed in here, those sessions end.'

export const questions = {
  unlink: ({ user, subject, form }) => {
    const { value: channel } = form.elements.channel
    return {
      title: `Unlink ${channel}?`,
      request: `DELETE ${appUser(subject)}/channels/${channel}`,
      lines: [
        `Every ${channel} client of ${both(user)} is taken off, a pending one too.`,
        'It can be linked again; the person then confirms anew.',
      ],
      button: `Unlink ${channel}`,
    }
  },
  erase: ({ user, subject }) => ({
    title: `Erase the profile of ${nameOf(user)}?`,
    request: `DELETE ${appUser(subject)}/profile`,
    lines: [
      `Whose: ${both(user)}.`,
      'Cleared for good: given name, surname, e-mail and every property; of each channel the display name, the picture and all it reported.',
      'Kept: the ids, the sign-up date, the channels and the conversation.',
    ],
    button: 'Erase the profile',
  }),
  remove: ({ user, subject }) => ({
    title: `Delete ${nameOf(user)}?`,
    request: `DELETE ${appUser(subject)}`,
    lines: [`Whom: ${both(user)}.`, 'Deleted for good: the user, all its channels and its conversation.', sessionsEnd],
    button: 'Delete the user',
  }),
  /** A merge goes by `_id`, so both are looked up first, whichever name was typed. */
  merge: async ({ form, readUser }) => {
    const [surviving, discarded] = [form.elements['surviving._id'], form.elements['discarded._id']]
    const stays = await readUser(surviving.value)
    const goes = await readUser(discarded.value)
    surviving.value = stays._id
    discarded.value = goes._id
    return {
      title: `Merge ${idOf(goes)} into ${idOf(stays)}?`,
      request: 'POST /v1.1/appusers/merge',
      lines: [
        `${both(stays)} stays, and takes over the channels, the conversation and the profile of the other.`,
        'Where both have a value, the stand-in lets the one of the discarded user win.',
        `${both(goes)} is deleted for good. ${sessionsEnd}`,
      ],
      button: 'Merge for good',
    }
  },
}
