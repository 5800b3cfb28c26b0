/** "Make it fail": what the stand-in does wrong next, at the wish of the demo's page. */
import type { Router } from 'express'
import { z } from 'zod'
import { all } from '../../contract/operations.ts'
import { bodyErrors, done, type Endpoints, json, routes } from '../../http/endpoint.ts'
import { type Authorization, handlers } from '../../http/endpoint-handler.ts'
import type { Origins } from '../../http/request/origins.ts'
import { requireSameOrigin } from '../../session/credentials/csrf.ts'
import type { Fault } from '../sandbox/faults.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { onlyThisMachine } from '../this-machine.ts'

/** By the names of the page's buttons. */
export const faults = {
  401: { status: 401 },
  403: { status: 403 },
  429: { status: 429, retryAfter: 2 },
  503: { status: 503 },
  slow: { latency: 3_000 },
  reset: { reset: true },
} as const satisfies Readonly<Record<string, Fault>>

const operation = z.enum(all.map(({ id }) => id))
const Body = z.strictObject({ operation, fault: z.enum(Object.keys(faults) as `${keyof typeof faults}`[]) })

const row = { path: '/demo/faults', tag: 'Documents', by: 'anyone', csrf: true } as const
const endpoints = {
  begin_fault: {
    ...row,
    method: 'post',
    summary: 'Let the stand-in fail at an operation, until that is ended.',
    body: { required: true, content: json(Body, { operation: 'get_app_user_entity_ids', fault: '429' }) },
    answers: { 204: done },
    errors: [400, 403, ...bodyErrors],
  },
  end_faults: { ...{ ...row, method: 'delete', summary: 'All is well again.' }, answers: { 204: done }, errors: [403] },
} as const satisfies Endpoints

export const demoFaults = (sandboxOf: () => Sandbox, origins: Origins): Router => {
  const ofThisPage: Authorization<void> = { enter: ({ req }) => requireSameOrigin(req, origins, 'api') }
  const { begin_fault, end_faults } = handlers(endpoints, ofThisPage, {
    begin_fault: async ({ body: { operation, fault } }) => {
      sandboxOf().clearFaults()
      sandboxOf().fault({ ...faults[fault], operation })
    },
    end_faults: async () => sandboxOf().clearFaults(),
  })
  return routes(endpoints, { begin_fault: [onlyThisMachine, begin_fault], end_faults: [onlyThisMachine, end_faults] })
}
