/** TABLE: the operations in words, and an example of every model, for the documents. */
import type { Answer, AnswerOf } from './answers.ts'
import type { OperationId } from './operations.ts'
import type { Body, BodyOf } from './schemas.ts'

// biome-ignore format: a table is read down its columns
export const sentences: Readonly<Record<OperationId, string>> = {
  get_app_user:                     'Read a user: profile, properties, linked channels.',
  get_app_user_entity_ids:          'List the ids under which channels know the user, such as phone numbers.',
  get_app_user_business_system_ids: 'List the tickets and rooms of connected business systems that belong to the user.',
  get_app_user_auth_code:           'Create a code that lets an SDK continue the conversation. Whoever holds it can read and write there.',
  get_link_requests:                'Create link requests: URLs at which the user confirms that a channel is theirs.',
  pre_create_app_user:              'Create a user under a userId of yours, before that person first writes.',
  update_app_user:                  'Change fields of the profile. What is left out keeps its value, also inside properties. Null and empty text are refused; to clear a profile use delete_app_user_profile.',
  post_image_message:               'Post an image into the conversation.',
  link_app_user:                    'Link a channel to the user. The person may get a message. If the channel belongs to another user, the two users are merged.',
  unlink_app_user:                  'Take a channel off the user.',
  delete_app_user_profile:          'Clear the profile and all properties; ids, channels and history stay.',
  delete_app_user:                  'Delete the user with channels and history. The deletion is completed later, by the vendor.',
  merge_users:                      'Merge two users: the discarded one is deleted, and its history goes to the surviving one.',
}

/** Parameters in paths and queries. */
export const parameters = {
  appId: "The app of the caller's session; any other is refused",
  userId: "`me` for the caller's own user, or a userId, or the vendor's `_id`",
  channel: 'The type of the channel',
  integrationIds: 'Ids of the integrations to link',
} as const

const appUser = {
  _id: '6a1f0c2be84d9f3b7715c0aa',
  userId: 'cust-20481',
  givenName: 'Mina',
  surname: 'Okafor',
  email: 'mina@example.org',
  signedUpAt: '2026-03-02T10:15:00.000Z',
  conversationStarted: true,
  properties: { plan: 'gold', seats: 3 },
  clients: [{ id: 'f4c1d9a07b', platform: 'twilio', status: 'active', active: true, displayName: '+1 514-555-0100' }],
  pendingClients: [],
}

export const exampleBodies: { readonly [B in Body]: BodyOf<B> } = {
  AppUserPreCreate: { userId: 'cust-20481', givenName: 'Mina', properties: { plan: 'gold' } },
  AppUserUpdate: { givenName: 'Mina', properties: { language: 'fr' } },
  AppUserLink: { type: 'twilio', phoneNumber: '+1 514-555-0100', confirmation: { type: 'prompt' } },
  AppUserMerge: { surviving: { _id: '6a1f0c2be84d9f3b7715c0aa' }, discarded: { _id: '6a1f0d917be2440c9a8b31ef' } },
  ImageUpload: { role: 'appUser' },
}

export const exampleAnswers: { readonly [A in Answer]: AnswerOf<A> } = {
  AppUserResponse: { appUser },
  AppUserChannelsResponse: { channels: [{ type: 'twilio', integrationId: '69f0100f2a3b4c5d6e7f80a1', phoneNumber: '+15145550100' }] },
  AppUserBusinessSystemsResponse: { businessSystems: [{ type: 'zendesk', ticketId: '81' }] },
  AuthCodeResponse: { authCode: 'Zm9yLWV4YW1wbGUtb25seQ' },
  LinkRequestResponse: {
    linkRequests: [
      { integrationId: '69f0100f2a3b4c5d6e7f80a2', type: 'messenger', code: 'lr_9f2c', url: 'https://m.me/100200300?ref=lr_9f2c' },
    ],
  },
  MessageResponse: {
    message: {
      _id: '6a1f1b00c3d2e1f0a9b8c7d6',
      authorId: '6a1f0c2be84d9f3b7715c0aa',
      role: 'appUser',
      type: 'image',
      mediaUrl: 'https://media.example.org/x/photo.png',
      mediaType: 'image/png',
      received: 1_772_445_600.123,
    },
    conversation: { _id: '6a1f0c9d8c7b6a5f4e3d2c1b', unreadCount: 0 },
  },
  Empty: {},
}
