/** Options of a sandbox and their defaults. */
import type { NewPerson } from './people.ts'

export interface Key {
  /** `app_…` or `act_…` at the vendor. */
  id: string
  secret: string
  /** An `app` key reaches its own app, an `account` key every app. */
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
  /** Absent: one of each channel type, with the same ids in every run. */
  integrations?: readonly Integration[]
}

/** What the vendor's documents leave open; each can be switched, also while the sandbox runs. */
export interface Switches {
  /** Body of delete, merge and unlink: `{}`, an empty 200, or 204. */
  nothing: 'object' | 'empty' | 'no-content'
  /** The answer for the names of a user that was merged away. */
  afterMerge: 'gone' | 'survivor'
  /** Whose profile values win in a merge when both have one. */
  mergeClash: 'discarded' | 'surviving'
  /** Whether a deleted user can be read until the webhook fires. */
  whileDeleting: 'gone' | 'readable'
  /** Milliseconds between the answer to a delete and its webhook. */
  deletionTakes: number
  nullInUpdate: 'clear' | 'refuse'
  unlinkAbsent: 'not_found' | 'ok'
  imageTypes: 'image' | 'any'
  /** Milliseconds that an auth code or link request code is valid. */
  codeLifetime: number
  codeUses: 'once' | 'many'
  /** Milliseconds after which the person confirms a link. */
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
  /** Users at the start and after a reset; of the first app unless they name one. */
  people?: readonly (NewPerson & { appId?: string })[]
  /** A webhook at the start; of the first app unless it names one. */
  webhook?: WebhookOptions & { appId?: string }
}

export const defaultPort = 3002

export const defaultApp: AppOptions = {
  appId: '69f0100f2a3b4c5d6e7f8091',
  keys: [{ id: 'app_69f0100f2a3b4c5d6e7f8092', secret: 'sandbox-only-key-secret-4f1c9d7a2b', scope: 'app' }],
}
