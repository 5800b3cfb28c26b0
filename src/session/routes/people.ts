/** `/sessions/end` and `/sessions/roles` on the private listener: the customer's backend ends
 * sessions of a person or an app, and changes roles. */

import type { Router } from 'express'
import type { z } from 'zod'
import type { UpstreamApp } from '../../../config/apps.ts'
import { handledRoutes } from '../../http/endpoint-handler.ts'
import { requirePersonWithin, requireUncapped, requireWithin } from '../caps.ts'
import type { People } from '../people.ts'
import type { Person } from '../record.ts'
import { appOf } from '../resolve-user.ts'
import type { Acts } from './acts.ts'
import { type EndPersonBody, personEndpoints, type RolesBody } from './endpoints.ts'
import type { Authenticate } from './mint.ts'

export const personRoutes = (people: People, apps: ReadonlyMap<string, UpstreamApp>, authenticate: Authenticate, acts: Acts): Router => {
  const personOf = ({ appId, userId, actorId }: z.infer<typeof RolesBody> | z.infer<typeof EndPersonBody>): Person => {
    const app = appOf(apps, appId).appId
    return userId === undefined ? { app, actor: { id: actorId! } } : { app, userId, actor: { id: userId } }
  }
  return handledRoutes(
    personEndpoints,
    { enter: ({ req, res }) => authenticate(req, res) },
    {
      end_sessions_of_person: async ({ who: key, body, req, res }) => {
        const { appId: app } = appOf(apps, body.appId)
        const done = body.everyone ? { facts: { everyone: true } } : { on: personOf(body) }
        await acts.byKey(req, res, { key, act: 'end_sessions', app, ...done }, async () => {
          if (body.everyone) requireUncapped(key.cap)
          else await requirePersonWithin(people, key.cap, personOf(body))
          await (body.everyone ? people.endApp(app) : people.endAll(personOf(body)))
        })
      },
      change_roles_of_person: async ({ who: key, body, req, res }) => {
        const person = personOf(body)
        const done = { on: person, facts: { roles: body.roles } }
        await acts.byKey(req, res, { key, act: 'set_roles', app: person.app, ...done }, async () => {
          requireWithin(key.cap, body)
          await requirePersonWithin(people, key.cap, person)
          await people.setRoles(person, body.roles)
        })
      },
    },
  )
}
