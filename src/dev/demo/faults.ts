/** "Make it fail": what the stand-in does wrong at the next calls of an operation, at the wish of the
 * demo's page. */
import type { Request, RequestHandler, Response, Router } from 'express'
import { z } from 'zod'
import { all } from '../../contract/operations.ts'
import { checkBody, readJson } from '../../http/body.ts'
import { done, type Endpoints, json, ofBodies, routes } from '../../http/endpoint.ts'
import type { Origins } from '../../http/origins.ts'
import { requireSameOrigin } from '../../session/csrf.ts'
import type { Fault } from '../sandbox/faults.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { onlyHere } from './here.ts'

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
const Body = z.strictObject({ operation, fault: z.enum(['401', '403', '429', '503', 'slow', 'reset']) })

const row = { path: '/demo/faults', tag: 'Documents', by: 'anyone', csrf: true } as const
const endpoints = {
  begin_fault: {
    ...{ ...row, method: 'post', summary: 'Let the stand-in fail at an operation, until that is ended.' },
    body: { required: true, content: json(Body, { operation: 'get_app_user_entity_ids', fault: '429' }) },
    answers: { 204: done },
    errors: [400, 403, ...ofBodies],
  },
  end_faults: { ...{ ...row, method: 'delete', summary: 'All is well again.' }, answers: { 204: done }, errors: [403] },
} as const satisfies Endpoints

export const demoFaults = (sandboxOf: () => Sandbox, origins: Origins): Router => {
  const ofThisPage: RequestHandler = (req, _res, next) => {
    requireSameOrigin(req, origins, 'api')
    next()
  }
  const begin = async (req: Request, res: Response): Promise<void> => {
    const { operation, fault } = checkBody(Body, await readJson(req))
    sandboxOf().clearFaults()
    sandboxOf().fault({ ...faults[fault], operation })
    res.status(204).end()
  }
  const end = (_req: Request, res: Response): void => {
    sandboxOf().clearFaults()
    res.status(204).end()
  }
  return routes(endpoints, { begin_fault: [onlyHere, ofThisPage, begin], end_faults: [onlyHere, ofThisPage, end] })
}
