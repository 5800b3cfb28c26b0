/** Answers under the vendor's model names, for types and OpenAPI: the fields of its documents and
 * examples. Others are passed on. */
import { z } from 'zod'
import { identity } from './schemas.ts'

const optional = z.string().nullish()
const about = (description: string) => optional.meta({ description })
/** Left out of what an end user sees: see policy/visible-fields. */
const ofStaff = { 'x-callers': ['agent', 'admin'] }

/** The channel's view of a person and device; for staff. */
const ClientInfo = z
  .looseObject({
    appName: optional,
    avatarUrl: optional,
    carrier: optional,
    city: optional,
    country: optional,
    deviceModel: optional,
    devicePlatform: optional,
    gender: optional,
    locale: optional,
    os: optional,
    osVersion: optional,
    phoneNumber: optional,
    state: optional,
    timezone: z.number().nullish().meta({ description: 'Offset from UTC' }),
    wifi: optional,
  })
  .meta({ id: 'ClientInfo' })

const Client = z
  .looseObject({
    id: z.string(),
    platform: z.string().meta({ description: 'Type of the channel; new ones may come at any time' }),
    status: about('active, blocked, inactive or pending'),
    active: z.boolean().nullish(),
    primary: z.boolean().nullish(),
    displayName: optional,
    avatarUrl: optional,
    integrationId: optional,
    externalId: about('The id of the person on the channel'),
    deviceId: optional,
    appVersion: optional,
    lastSeen: about('ISO 8601'),
    linkedAt: about('ISO 8601'),
    info: ClientInfo.nullish().meta({ ...ofStaff, description: 'For staff' }),
    raw: z
      .unknown()
      .optional()
      .meta({ ...ofStaff, description: 'Whatever the channel reported; for staff' }),
  })
  .meta({ id: 'Client' })

const AppUser = z
  .looseObject({
    _id: identity._id.meta({ description: 'Given by the vendor; also called smoochId' }),
    userId: identity.userId.meta({ description: 'Chosen by you; an anonymous user has none' }),
    givenName: optional,
    surname: optional,
    email: optional,
    avatarUrl: optional,
    signedUpAt: about('ISO 8601, with milliseconds'),
    conversationStarted: z.boolean(),
    hasPaymentInfo: z.boolean().nullish(),
    properties: z.record(z.string(), z.unknown()).meta({ description: 'Your own fields: texts, numbers and booleans' }),
    clients: z.array(Client).nullish().meta({ description: 'Linked channels and devices' }),
    pendingClients: z.array(Client).nullish().meta({ description: 'Links that the person has not confirmed' }),
  })
  .meta({ id: 'AppUser' })

const Message = z
  .looseObject({
    _id: z.string(),
    authorId: z.string(),
    role: z.string(),
    type: z.string(),
    received: z.number().meta({ description: 'Seconds since 1970, with a fraction' }),
    name: optional,
    text: optional,
    email: optional,
    avatarUrl: optional,
    mediaUrl: optional,
    mediaType: optional,
    altText: optional,
    payload: optional,
    metadata: z.record(z.string(), z.unknown()).nullish(),
  })
  .meta({ id: 'Message' })

const Channel = z
  .looseObject({
    type: z.string(),
    integrationId: optional,
    phoneNumber: about('Of twilio and messagebird'),
    userId: about("Of messenger, viber, line, wechat and twitter: the channel's own id of the person"),
    address: about('Of mailgun'),
    username: about('Of whatsapp'),
    chatId: about('Of telegram'),
  })
  .meta({ id: 'ChannelEntityItem' })

const BusinessSystem = z
  .looseObject({
    type: z.string(),
    ticketId: about('Of zendesk'),
    channelId: about('Of slack'),
    conversationId: about('Of helpscout'),
  })
  .meta({ id: 'BusinessSystemItem' })

/** Bodies of the upstream's answers. */
export const answers = {
  AppUserResponse: z.looseObject({ appUser: AppUser }),
  AppUserChannelsResponse: z.looseObject({ channels: z.array(Channel) }),
  AppUserBusinessSystemsResponse: z.looseObject({ businessSystems: z.array(BusinessSystem) }),
  AuthCodeResponse: z.looseObject({ authCode: z.string() }),
  LinkRequestResponse: z.looseObject({
    linkRequests: z.array(z.looseObject({ integrationId: z.string(), type: z.string(), code: z.string(), url: z.string() })),
  }),
  MessageResponse: z.looseObject({
    message: Message,
    extraMessages: z.array(Message).nullish(),
    conversation: z.looseObject({ _id: z.string(), unreadCount: z.number().nullish() }),
  }),
  Empty: z.looseObject({}),
}

export type Answer = keyof typeof answers
export type AnswerOf<A extends Answer> = z.infer<(typeof answers)[A]>

/** TABLE: which answers hold an app user, of whom not everybody may see everything. */
const withUser: Readonly<Record<Answer, boolean>> = {
  AppUserResponse: true,
  AppUserChannelsResponse: false,
  AppUserBusinessSystemsResponse: false,
  AuthCodeResponse: false,
  LinkRequestResponse: false,
  MessageResponse: false,
  Empty: false,
}
export const returnsUser = ({ returns }: { readonly returns: Answer }): boolean => withUser[returns]
