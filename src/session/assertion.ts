/** What is vouched for: a person or a program, and the session that it is to have. The body of a
 * mint; sign-in and exchange assert the same. */
import { z } from 'zod'
import { hiddenIn } from '../contract/ids.ts'
import { notBlank, withoutFormatting } from '../contract/text.ts'

const text = z.string().min(1).max(256)
const word = text.refine((it) => hiddenIn(it) === undefined, { error: ({ input }) => hiddenIn(String(input)) })
const name = text.refine((it) => withoutFormatting(it) === it, 'holds a character that cannot be seen').refine(...notBlank)

export const Assertion = z
  .strictObject({
    appId: z.string().optional(),
    userId: z.string().optional(),
    actor: z.strictObject({ id: word, name: name.optional() }).optional(),
    onBehalfOf: word.optional(),
    roles: z
      .array(z.enum(['user', 'agent', 'admin', 'auditor', 'service']))
      .min(1)
      .max(5)
      .default(['user']),
    authTime: z.number().int().positive().optional(),
    scope: z.enum(['app', 'account', 'appUser']).default('app'),
    kind: z.enum(['bearer', 'cookie', 'service']),
    ttl: z.number().int().positive().optional(),
    audit: z.strictObject({ reason: word.optional(), ticket: word.optional() }).optional(),
    limit: z.number().int().positive().max(1_000_000).optional(),
  })
  .refine((it) => it.userId !== undefined || it.actor, { path: ['actor'], message: 'is required when there is no userId' })
  .refine((it) => !it.roles.includes('user') || it.userId !== undefined, { path: ['userId'], message: 'is required for the role user' })
  .refine((it) => it.kind !== 'service' || it.actor, {
    path: ['actor'],
    message: 'is required for a service session: it names the program',
  })
  .refine((it) => it.kind === 'service' || it.limit === undefined, { path: ['limit'], message: 'is for service sessions' })

export type Assertion = z.infer<typeof Assertion>
