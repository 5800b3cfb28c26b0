/** Posts an image to a user's conversation; its size and hash alone are kept, in the record. */
import { createHash } from 'node:crypto'
import type { Part } from '../body.ts'
import { newId, type Person, show } from '../people.ts'
import { badRequest, Refusal } from '../refusal.ts'
import { type Call, type Operation, subject } from './call.ts'

const maxBytes = 10 * 1024 * 1024

type Upload = Extract<Part, { sha256: string }>

const isFile = (part: Part): part is Upload => 'sha256' in part

function fileOf({ parts, vendor }: Call): Upload {
  const file = parts.find((part): part is Upload => isFile(part) && part.field === 'source')
  if (!file) throw badRequest('source is required and must be a file')
  if (file.bytes > maxBytes) throw new Refusal(413)
  if (vendor.switches.imageTypes === 'image' && !file.type.toLowerCase().startsWith('image/')) throw badRequest('source must be an image')
  return file
}

const authorOf = (role: string, app: string, person: Person) =>
  role === 'appUser' ? person._id : createHash('sha256').update(`${app} appMaker`).digest('hex').slice(0, 24)

export const postImage: Operation = (call) => {
  const { app, vendor, parts } = call
  const person = subject(call)
  const field = (name: string) => parts.flatMap((part) => (!isFile(part) && part.field === name ? [part.value] : []))[0]
  const role = field('role')
  if (role !== 'appUser' && role !== 'appMaker') throw badRequest('role must be appUser or appMaker')
  const file = fileOf(call)
  const { conversation } = person
  if (conversation.messages >= vendor.switches.messageLimit) throw new Refusal(423)

  conversation.messages += 1
  conversation.unreadCount = role === 'appMaker' ? conversation.unreadCount + 1 : 0
  const received = Date.now() / 1000
  const starts = !person.conversationStarted
  person.conversationStarted = true
  if (starts) {
    vendor.emit(app, 'conversation:start', () => ({ source: { type: 'api' }, appUser: show(person), timestamp: received }))
  }
  const id = newId()
  const fullName = [person.givenName, person.surname].filter(Boolean).join(' ')
  const message = {
    _id: id,
    authorId: authorOf(role, app.appId, person),
    role,
    type: 'image',
    name: field('name') ?? (role === 'appUser' ? fullName : ''),
    text: field('text') ?? '',
    email: field('email'),
    altText: field('altText'),
    mediaUrl: `https://media.example.org/${id}/${encodeURIComponent((file.fileName ?? 'image').toWellFormed())}`,
    mediaType: file.type,
    avatarUrl: field('avatarUrl') ?? person.avatarUrl ?? `https://avatars.example.org/${person._id}.png`,
    received,
  }
  return { status: 201, body: { message, conversation: { _id: conversation._id, unreadCount: conversation.unreadCount } } }
}
