/** Bodies under the vendor's model names: one schema each for check, type and OpenAPI. Requests are
 * strict; of an answer only the user's identity is checked. */
import { z } from 'zod'
import { isBlank } from './text.ts'

/** Integration types of v1.1; other channels are refused. */
export const channels = [
  'android',
  'api',
  'apn',
  'fcm',
  'ios',
  'line',
  'mailgun',
  'messagebird',
  'messenger',
  'telegram',
  'twilio',
  'twitter',
  'viber',
  'web',
  'wechat',
  'whatsapp',
] as const

const text = z.string().max(1024)
/** Ids in a body may hold what a path may not (`tenant/42`): they are encoded and checked. */
const id = z.string().min(1).max(1024)
const property = z.union([z.string(), z.number(), z.boolean(), z.null()])
const properties = z.record(z.string().min(1), property)
const role = z.enum(['appUser', 'appMaker'])

const profile = {
  givenName: text.nullable().optional(),
  surname: text.nullable().optional(),
  email: text.nullable().optional(),
  avatarUrl: text.nullable().optional(),
  signedUpAt: z.iso
    .datetime({
      offset: true,
      error: 'expected an ISO 8601 time with Z or an offset, such as 2026-03-02T10:15:00.000Z or 2026-03-02T11:15:00+01:00',
    })
    .optional(),
  properties: properties.optional(),
}

/** Null and empty text are refused: the vendor clears such a field, as the guarded row does. */
const cannotBeEmptied =
  'cannot be emptied here; delete_app_user_profile (DELETE /appusers/{userId}/profile) clears a profile and is recorded first'
const filledText = z
  .string({ error: ({ input }) => (input === null ? cannotBeEmptied : undefined) })
  .min(1, { error: cannotBeEmptied, abort: true })
  // No pattern: other languages do not know these classes, and the document is for them.
  .refine((text) => !isBlank(text), { error: cannotBeEmptied, abort: true })
const changedText = filledText.max(1024).optional()
/** Not for an end user to write: see policy/writable-fields. */
const ofStaff = { 'x-callers': ['agent', 'admin'] }
const changes = {
  givenName: changedText,
  surname: changedText,
  email: changedText,
  avatarUrl: changedText.meta({ ...ofStaff, description: 'For staff' }),
  signedUpAt: profile.signedUpAt.meta({ ...ofStaff, description: 'For staff' }),
  properties: z
    .record(
      z.string().min(1),
      z.union([filledText, z.number(), z.boolean()], {
        error: ({ input }) => (input === null || typeof input === 'string' ? cannotBeEmptied : undefined),
      }),
      { error: ({ input }) => (input === null ? cannotBeEmptied : undefined) },
    )
    .optional()
    .meta({ description: 'An end user writes those that SELF_PROPERTIES names' }),
}

const MessagePost = z
  .strictObject({
    role,
    type: text,
    text: z.string().optional(),
    mediaUrl: z.string().optional(),
    mediaType: text.optional(),
    altText: text.optional(),
    name: text.optional(),
    email: text.optional(),
    avatarUrl: z.string().optional(),
    payload: z.string().optional(),
    metadata: z.record(z.string(), property).optional(),
    actions: z
      .array(
        z.strictObject({
          type: z.literal('link'),
          text: text,
          uri: z.string(),
          default: z.boolean().optional(),
          extraChannelOptions: z.unknown().optional(),
          metadata: z.record(z.string(), property).optional(),
        }),
      )
      .optional(),
  })
  .meta({ id: 'MessagePost' })

const Confirmation = z
  .strictObject({ type: z.enum(['immediate', 'userActivity', 'prompt']), message: MessagePost.optional() })
  .meta({ id: 'Confirmation' })

const link = {
  integrationId: id.optional(),
  primary: z.boolean().optional(),
  givenName: text.optional(),
  surname: text.optional(),
  confirmation: Confirmation,
}
const phoneNumber = z
  .string()
  .max(64)
  .regex(/^\+[0-9][0-9 ()\-.]*$/, 'must start with + and the country code')
const byPhone = { ...link, phoneNumber }
const AppUserLink = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('twilio'), ...byPhone }),
  z.strictObject({ type: z.literal('messagebird'), ...byPhone }),
  z.strictObject({ type: z.literal('whatsapp'), ...byPhone }),
  z.strictObject({ type: z.literal('messenger'), ...byPhone }),
  z.strictObject({
    type: z.literal('mailgun'),
    ...link,
    address: z.email().max(320),
    subject: text.optional().meta({ ...ofStaff, description: 'For staff' }),
  }),
])

const ImageUpload = z.strictObject({
  role,
  name: text.optional(),
  text: z.string().max(4096).optional(),
  email: text.optional(),
  avatarUrl: text.optional().meta({ ...ofStaff, description: 'For staff' }),
  altText: text.optional(),
})

/** Bodies of requests. `ImageUpload` has the form fields; the file's field is named `source`. */
export const bodies = {
  AppUserPreCreate: z.strictObject({ userId: id, ...profile }),
  AppUserUpdate: z.strictObject(changes),
  AppUserLink,
  AppUserMerge: z.strictObject({ surviving: z.strictObject({ _id: id }), discarded: z.strictObject({ _id: id }) }),
  ImageUpload,
}

/** Names of the user in an answer. An anonymous user has no userId. */
export const identity = { _id: z.string().min(1), userId: z.string().nullish() }

/** The checked part of an answer that holds a user; all else is passed on. */
export const Identified = z.looseObject({ appUser: z.looseObject(identity) })
export type Identified = z.infer<typeof Identified>

export type Body = keyof typeof bodies
export type BodyOf<B extends Body> = z.infer<(typeof bodies)[B]>
