/** `/sessions/end` and `/sessions/roles` on the private listener: the customer's backend ends sessions of a person or of a whole app, and tells of changed roles. */

import type { Request, Response, Router } from 'express'
import { z } from 'zod'
import { checkBody, readJson } from '../http/json-body.ts'
import { routes } from '../http/routes.ts'
import type { UpstreamApp } from '../upstream/client.ts'
import { requirePersonWithin, requireUncapped, requireWithin } from './caps.ts'
import type { ServiceKey } from './mint.ts'
import type { People } from './people.ts'
import type { Person } from './record.ts'
import { noQuery } from './routes.ts'
import { appOf } from './vouch.ts'

const id = z.string().min(1).max(1024)
const person = { appId: id.optional(), userId: id.optional(), actorId: id.optional() }
const isOne = ({ userId, actorId }: { userId?: string | undefined; actorId?: string | undefined }) =>
  (userId === undefined) !== (actorId === undefined)

export const EndPersonBody = z
  .strictObject({ ...person, everyone: z.literal(true).optional() })
  .refine((it) => (it.everyone ? it.userId === undefined && it.actorId === undefined : isOne(it)), {
    message: 'needs one of userId, actorId and everyone',
  })
export const RolesBody = z
  .strictObject({ ...person, roles: z.array(z.enum(['user', 'agent', 'admin', 'auditor', 'service'])).max(5) })
  .refine(isOne, { message: 'needs one of userId and actorId' })

type Vouched = (req: Request, res: Response) => Promise<ServiceKey>

export const personRoutes = (people: People, apps: ReadonlyMap<string, UpstreamApp>, vouched: Vouched): Router => {
  const personOf = ({ appId, userId, actorId }: z.infer<typeof RolesBody> | z.infer<typeof EndPersonBody>): Person => {
    const app = appOf(apps, appId).appId
    return userId === undefined ? { app, actor: { id: actorId! } } : { app, userId, actor: { id: userId } }
  }
  const end = async (req: Request, res: Response): Promise<void> => {
    const { cap } = await vouched(req, res)
    noQuery(req)
    const body = checkBody(EndPersonBody, await readJson(req))
    if (body.everyone) {
      requireUncapped(cap)
      await people.endApp(appOf(apps, body.appId).appId)
    } else {
      await requirePersonWithin(people, cap, personOf(body))
      await people.endAll(personOf(body))
    }
    res.status(204).end()
  }
  const setRoles = async (req: Request, res: Response): Promise<void> => {
    const { cap } = await vouched(req, res)
    noQuery(req)
    const body = checkBody(RolesBody, await readJson(req))
    requireWithin(cap, body)
    await requirePersonWithin(people, cap, personOf(body))
    await people.setRoles(personOf(body), body.roles)
    res.status(204).end()
  }
  return routes({ '/sessions/end': { post: end }, '/sessions/roles': { post: setRoles } })
}
