/** Derived by npm run derive, from the tables of operations and endpoints: what the typed client needs of them, without zod. */
import type { Answered, CallOptions, GuardedOptions, RecordedOptions } from './client-call.ts'

export interface AppUserPreCreate {
  /** At most 1024 characters. */
  readonly userId: string
  readonly givenName?: string | null
  readonly surname?: string | null
  readonly email?: string | null
  readonly avatarUrl?: string | null
  /** ISO 8601. */
  readonly signedUpAt?: string
  readonly properties?: { readonly [name: string]: string | number | boolean | null }
}

export interface AppUserUpdate {
  /** At most 1024 characters. */
  readonly givenName?: string
  /** At most 1024 characters. */
  readonly surname?: string
  /** At most 1024 characters. */
  readonly email?: string
  /** For staff. At most 1024 characters. */
  readonly avatarUrl?: string
  /** For staff. ISO 8601. */
  readonly signedUpAt?: string
  /** An end user writes those that SELF_PROPERTIES names. */
  readonly properties?: { readonly [name: string]: string | number | boolean }
}

export interface Confirmation {
  readonly type: 'immediate' | 'userActivity' | 'prompt'
  readonly message?: MessagePost
}

export interface MessagePost {
  readonly role: 'appUser' | 'appMaker'
  /** At most 1024 characters. */
  readonly type: string
  readonly text?: string
  readonly mediaUrl?: string
  /** At most 1024 characters. */
  readonly mediaType?: string
  /** At most 1024 characters. */
  readonly altText?: string
  /** At most 1024 characters. */
  readonly name?: string
  /** At most 1024 characters. */
  readonly email?: string
  readonly avatarUrl?: string
  readonly payload?: string
  readonly metadata?: { readonly [name: string]: string | number | boolean | null }
  readonly actions?: readonly {
    readonly type: 'link'
    /** At most 1024 characters. */
    readonly text: string
    readonly uri: string
    readonly default?: boolean
    readonly extraChannelOptions?: unknown
    readonly metadata?: { readonly [name: string]: string | number | boolean | null }
  }[]
}

export type AppUserLink = {
  /** At most 1024 characters. */
  readonly integrationId?: string
  readonly primary?: boolean
  /** At most 1024 characters. */
  readonly givenName?: string
  /** At most 1024 characters. */
  readonly surname?: string
  readonly confirmation: Confirmation
} & (
  | {
      readonly type: 'twilio' | 'messagebird' | 'whatsapp' | 'messenger'
      /** At most 64 characters. */
      readonly phoneNumber: string
    }
  | {
      readonly type: 'mailgun'
      /** At most 320 characters. */
      readonly address: string
      /** For staff. At most 1024 characters. */
      readonly subject?: string
    }
)

export interface AppUserMerge {
  readonly surviving: {
    /** At most 1024 characters. */
    readonly _id: string
  }
  readonly discarded: {
    /** At most 1024 characters. */
    readonly _id: string
  }
}

export interface ImageUpload {
  readonly role: 'appUser' | 'appMaker'
  /** At most 1024 characters. */
  readonly name?: string
  /** At most 4096 characters. */
  readonly text?: string
  /** At most 1024 characters. */
  readonly email?: string
  /** For staff. At most 1024 characters. */
  readonly avatarUrl?: string
  /** At most 1024 characters. */
  readonly altText?: string
}

export interface AppUser {
  /** Given by the vendor; also called smoochId. */
  readonly _id: string
  /** Chosen by you; an anonymous user has none. */
  readonly userId?: string | null
  readonly givenName?: string | null
  readonly surname?: string | null
  readonly email?: string | null
  readonly avatarUrl?: string | null
  /** ISO 8601, with milliseconds. */
  readonly signedUpAt?: string | null
  readonly conversationStarted: boolean
  readonly hasPaymentInfo?: boolean | null
  /** Your own fields: texts, numbers and booleans. */
  readonly properties: { readonly [name: string]: unknown }
  /** Linked channels and devices. */
  readonly clients?: readonly Client[] | null
  /** Links that the person has not confirmed. */
  readonly pendingClients?: readonly Client[] | null
}

export interface Client {
  readonly id: string
  /** Type of the channel; new ones may come at any time. */
  readonly platform: string
  /** active, blocked, inactive or pending. */
  readonly status?: string | null
  readonly active?: boolean | null
  readonly primary?: boolean | null
  readonly displayName?: string | null
  readonly avatarUrl?: string | null
  readonly integrationId?: string | null
  /** The id of the person on the channel. */
  readonly externalId?: string | null
  readonly deviceId?: string | null
  readonly appVersion?: string | null
  /** ISO 8601. */
  readonly lastSeen?: string | null
  /** ISO 8601. */
  readonly linkedAt?: string | null
  /** For staff. */
  readonly info?: ClientInfo | null
  /** Whatever the channel reported; for staff. */
  readonly raw?: unknown
}

export interface ClientInfo {
  readonly appName?: string | null
  readonly avatarUrl?: string | null
  readonly carrier?: string | null
  readonly city?: string | null
  readonly country?: string | null
  readonly deviceModel?: string | null
  readonly devicePlatform?: string | null
  readonly gender?: string | null
  readonly locale?: string | null
  readonly os?: string | null
  readonly osVersion?: string | null
  readonly phoneNumber?: string | null
  readonly state?: string | null
  /** Offset from UTC. */
  readonly timezone?: number | null
  readonly wifi?: string | null
}

export interface AppUserResponse {
  readonly appUser: AppUser
}

export interface ChannelEntityItem {
  readonly type: string
  readonly integrationId?: string | null
  /** Of twilio and messagebird. */
  readonly phoneNumber?: string | null
  /** Of messenger, viber, line, wechat and twitter: the channel's own id of the person. */
  readonly userId?: string | null
  /** Of mailgun. */
  readonly address?: string | null
  /** Of whatsapp. */
  readonly username?: string | null
  /** Of telegram. */
  readonly chatId?: string | null
}

export interface AppUserChannelsResponse {
  readonly channels: readonly ChannelEntityItem[]
}

export interface BusinessSystemItem {
  readonly type: string
  /** Of zendesk. */
  readonly ticketId?: string | null
  /** Of slack. */
  readonly channelId?: string | null
  /** Of helpscout. */
  readonly conversationId?: string | null
}

export interface AppUserBusinessSystemsResponse {
  readonly businessSystems: readonly BusinessSystemItem[]
}

export interface AuthCodeResponse {
  readonly authCode: string
}

export interface LinkRequestResponse {
  readonly linkRequests: readonly {
    readonly integrationId: string
    readonly type: string
    readonly code: string
    readonly url: string
  }[]
}

export interface Message {
  readonly _id: string
  readonly authorId: string
  readonly role: string
  readonly type: string
  /** Seconds since 1970, with a fraction. */
  readonly received: number
  readonly name?: string | null
  readonly text?: string | null
  readonly email?: string | null
  readonly avatarUrl?: string | null
  readonly mediaUrl?: string | null
  readonly mediaType?: string | null
  readonly altText?: string | null
  readonly payload?: string | null
  readonly metadata?: { readonly [name: string]: unknown } | null
}

export interface MessageResponse {
  readonly message: Message
  readonly extraMessages?: readonly Message[] | null
  readonly conversation: {
    readonly _id: string
    readonly unreadCount?: number | null
  }
}

export type Empty = object

export type SessionView =
  | {
      readonly signedIn: true
      readonly sessionId: string
      readonly appId: string
      readonly userId?: string
      readonly actor: {
        readonly id: string
        readonly name?: string
      }
      readonly onBehalfOf?: string
      readonly roles: readonly string[]
      readonly kind: 'cookie' | 'bearer' | 'service'
      /** When the person last proved who they are; seconds since 1970. */
      readonly authTime: number
      /** ISO 8601. */
      readonly createdAt: string
      /** ISO 8601. */
      readonly expiresAt: string
    }
  | {
      readonly signedIn: false
    }

export interface Tokens {
  readonly access_token: string
  readonly issued_token_type: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  /** To be used once; it brings its successor. */
  readonly refresh_token: string
  readonly refresh_expires_in: number
  readonly sessionId: string
}

export interface OfUser {
  /** `me` for the caller's own user, or a userId, or the vendor's `_id`. */
  readonly userId: string
}

/** The thirteen operations, under the vendor's names. */
export interface Operations {
  /**
   * Read a user: profile, properties, linked channels.
   *
   * For self, agent, admin; counted among reads.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `upstream_timeout`
   */
  get_app_user(ask: OfUser, options?: CallOptions): Promise<Answered<AppUserResponse>>

  /**
   * List the ids under which channels know the user, such as phone numbers.
   *
   * For self, agent, admin; counted among reads.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `upstream_timeout`
   */
  get_app_user_entity_ids(ask: OfUser, options?: CallOptions): Promise<Answered<AppUserChannelsResponse>>

  /**
   * List the tickets and rooms of connected business systems that belong to the user.
   *
   * For agent, admin; counted among reads.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `upstream_timeout`
   */
  get_app_user_business_system_ids(ask: OfUser, options?: CallOptions): Promise<Answered<AppUserBusinessSystemsResponse>>

  /**
   * Create a code that lets an SDK continue the conversation. Whoever holds it can read and write there.
   *
   * For self, service; counted among codes.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `upstream_timeout`
   */
  get_app_user_auth_code(ask: OfUser, options?: RecordedOptions): Promise<Answered<AuthCodeResponse>>

  /**
   * Create link requests: URLs at which the user confirms that a channel is theirs.
   *
   * For self, service; counted among codes.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `integration_not_found`, `upstream_timeout`
   */
  get_link_requests(
    ask: OfUser & {
      /** Ids of the integrations to link. */
      readonly integrationIds: readonly string[]
    },
    options?: RecordedOptions,
  ): Promise<Answered<LinkRequestResponse>>

  /**
   * Create a user under a userId of yours, before that person first writes.
   *
   * For agent, admin; counted among writes.
   * @throws ClientError, beside what any call may meet: `bad_request`, `conflict`, `operation_pending`, `operation_unknown`, `idempotency_key_reused`, `upstream_unknown`
   */
  pre_create_app_user(ask: { readonly body: AppUserPreCreate }, options?: GuardedOptions): Promise<Answered<AppUserResponse>>

  /**
   * Change fields of the profile. What is left out keeps its value, also inside properties. Null and empty text are refused; to clear a profile use delete_app_user_profile.
   *
   * For self, agent, admin; counted among writes.
   * @throws ClientError, beside what any call may meet: `bad_request`, `field_not_allowed`, `user_not_found`, `upstream_unknown`
   */
  update_app_user(ask: OfUser & { readonly body: AppUserUpdate }, options?: RecordedOptions): Promise<Answered<AppUserResponse>>

  /**
   * Post an image into the conversation.
   *
   * For self, agent, admin; counted among images.
   * @throws ClientError, beside what any call may meet: `bad_request`, `field_not_allowed`, `role_mismatch`, `too_large`, `unsupported_media_type`, `user_not_found`, `upstream_unknown`
   */
  post_image_message(
    ask: OfUser &
      ImageUpload & {
        /** PNG, JPEG, GIF or WebP, at most 10 MB; told by its bytes, which its type may not contradict. */
        readonly source: Blob
      },
    options?: RecordedOptions,
  ): Promise<Answered<MessageResponse>>

  /**
   * Link a channel to the user. The person may get a message. If the channel belongs to another user, the two users are merged.
   *
   * For self, agent, admin; counted among links. Sent once, and recorded in the journal.
   * @throws ClientError, beside what any call may meet: `bad_request`, `field_not_allowed`, `user_not_found`, `integration_not_found`, `reason_required`, `another_user`, `journal_unavailable`, `step_up_required`, `operation_pending`, `operation_unknown`, `idempotency_key_reused`, `upstream_unknown`
   */
  link_app_user(ask: OfUser & { readonly body: AppUserLink }, options?: GuardedOptions): Promise<Answered<AppUserResponse>>

  /**
   * Take a channel off the user.
   *
   * For self, agent, admin; counted among guarded. Sent once, and recorded in the journal.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `bad_request`, `channel_not_linked`, `reason_required`, `another_user`, `journal_unavailable`, `operation_pending`, `operation_unknown`, `idempotency_key_reused`, `upstream_unknown`
   */
  unlink_app_user(
    ask: OfUser & {
      /** The type of the channel. */
      readonly channel: string
    },
    options?: GuardedOptions,
  ): Promise<Answered<Empty>>

  /**
   * Clear the profile and all properties; ids, channels and history stay.
   *
   * For admin; counted among guarded. Sent once, and recorded in the journal.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `reason_required`, `another_user`, `journal_unavailable`, `step_up_required`, `operation_pending`, `operation_unknown`, `idempotency_key_reused`, `upstream_unknown`
   */
  delete_app_user_profile(ask: OfUser, options?: GuardedOptions): Promise<Answered<AppUserResponse>>

  /**
   * Delete the user with channels and history. The deletion is completed later, by the vendor.
   *
   * For admin; counted among guarded. Sent once, and recorded in the journal.
   * @throws ClientError, beside what any call may meet: `user_not_found`, `reason_required`, `another_user`, `journal_unavailable`, `step_up_required`, `operation_pending`, `operation_unknown`, `idempotency_key_reused`, `upstream_unknown`
   */
  delete_app_user(ask: OfUser, options?: GuardedOptions): Promise<Answered<Empty>>

  /**
   * Merge two users: the discarded one is deleted, and its history goes to the surviving one.
   *
   * For admin; counted among guarded. Sent once, and recorded in the journal.
   * @throws ClientError, beside what any call may meet: `bad_request`, `user_not_found`, `same_person`, `reason_required`, `another_user`, `journal_unavailable`, `step_up_required`, `operation_pending`, `operation_unknown`, `idempotency_key_reused`, `upstream_unknown`
   */
  merge_users(ask: { readonly body: AppUserMerge }, options?: GuardedOptions): Promise<Answered<Empty>>
}

/** Method, path with the name of its query; `safe`: a repeat does no harm, `key`: it does none with an Idempotency-Key; form of the body. */
export const calls = {
  get_app_user: 'GET /appusers/:userId safe',
  get_app_user_entity_ids: 'GET /appusers/:userId/channels safe',
  get_app_user_business_system_ids: 'GET /appusers/:userId/businesssystems safe',
  get_app_user_auth_code: 'GET /appusers/:userId/authcode',
  get_link_requests: 'GET /appusers/:userId/linkrequest?integrationIds',
  pre_create_app_user: 'POST /appusers key json',
  update_app_user: 'PUT /appusers/:userId json',
  post_image_message: 'POST /appusers/:userId/images form',
  link_app_user: 'POST /appusers/:userId/channels key json',
  unlink_app_user: 'DELETE /appusers/:userId/channels/:channel key',
  delete_app_user_profile: 'DELETE /appusers/:userId/profile key',
  delete_app_user: 'DELETE /appusers/:userId key',
  merge_users: 'POST /appusers/merge key json',
} as const
