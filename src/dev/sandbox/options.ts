/** What a stand-in can be told at its start, and what it does when told nothing. */
import type { NewPerson } from './people.ts'

export interface Key {
  /** `app_…` or `act_…` at the vendor. */
  id: string
  secret: string
  /** An `app` key reaches the app it is listed under, an `account` key every app. */
  scope: 'app' | 'account'
}

interface Integration {
  _id: string
  /** A channel type such as `twilio`. */
  type: string
}

export interface AppOptions {
  appId: string
  keys: readonly Key[]
  /** Absent: one of each channel type, with ids that stay the same from run to run. */
  integrations?: readonly Integration[]
}

/** Where the vendor's documents say nothing, each choice can be turned the other way; also while the stand-in runs. */
export interface Switches {
  /** Body of delete, merge and unlink: `{}`, an empty 200, or 204. */
  nothing: 'object' | 'empty' | 'no-content'
  /** What the names of a user that was merged away lead to. */
  afterMerge: 'gone' | 'survivor'
  /** Whose profile value wins when both users of a merge have one. */
  mergeClash: 'discarded' | 'surviving'
  /** Whether a deleted user can be read until the webhook says that the deletion is complete. */
  whileDeleting: 'gone' | 'readable'
  /** Milliseconds between the answer to a delete and its webhook. */
  deletionTakes: number
  nullInUpdate: 'clear' | 'refuse'
  unlinkAbsent: 'not_found' | 'ok'
  imageTypes: 'image' | 'any'
  /** Milliseconds that an auth code or link request code is good for. */
  codeLifetime: number
  codeUses: 'once' | 'many'
  /** Milliseconds after which the person behind a link confirms it. */
  confirmLinksAfter: number | 'never'
  /** A conversation with this many messages is locked. */
  messageLimit: number
}

export const defaultSwitches: Readonly<Switches> = {
  nothing: 'object',
  afterMerge: 'gone',
  mergeClash: 'discarded',
  whileDeleting: 'gone',
  deletionTakes: 150,
  nullInUpdate: 'clear',
  unlinkAbsent: 'not_found',
  imageTypes: 'image',
  codeLifetime: 600_000,
  codeUses: 'once',
  confirmLinksAfter: 1500,
  messageLimit: 30_000,
}

export interface WebhookOptions {
  target: string
  triggers?: readonly string[]
  secret?: string
  includeFullAppUser?: boolean
  includeClient?: boolean
}

export interface SandboxOptions {
  /** 0, the default: any free port. */
  port?: number
  host?: string
  /** A path before `/v1.1`, such as `/sc`. */
  prefix?: string
  apps?: readonly [AppOptions, ...AppOptions[]]
  switches?: Partial<Switches>
  /** Users that are there from the start, and again after a reset; of the first app unless they name one. */
  people?: readonly (NewPerson & { appId?: string })[]
  /** A webhook that is there from the start; of the first app unless it names one. */
  webhook?: WebhookOptions & { appId?: string }
}

export const defaultApp: AppOptions = {
  appId: '69f0100f2a3b4c5d6e7f8091',
  keys: [{ id: 'app_69f0100f2a3b4c5d6e7f8092', secret: 'sandbox-only-key-secret-4f1c9d7a2b', scope: 'app' }],
}
