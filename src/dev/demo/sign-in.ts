/** The demo's sign-in without a proof: loopback only, and not in production. */

import type { Response, Router } from 'express'
import { z } from 'zod'
import { exampleIds } from '../../contract/ids.ts'
import { bodyErrors, type Endpoints, form, json, routes, text } from '../../http/endpoint.ts'
import { type Authorization, handlers } from '../../http/endpoint-handler.ts'
import { html } from '../../http/html.ts'
import { plainPage } from '../../http/plain-page.ts'
import type { Origins } from '../../http/request/origins.ts'
import { asPage } from '../../http/response-headers.ts'
import { requireSameOrigin } from '../../session/credentials/csrf.ts'
import type { Mint } from '../../session/mint.ts'
import { showPage } from '../../sign-in/pages.ts'
import { returnPath } from '../../sign-in/return-to.ts'
import { onlyThisMachine } from '../this-machine.ts'
import { people } from './people.ts'

const button = ([name, { actor }]: [string, (typeof people)[keyof typeof people]]) =>
  html`<p><button name="person" value="${name}">${actor.name}, ${name}</button></p>`

/** The page on which somebody signs in to the demo from a page of their own, without scripts. */
const signInPage = (basePath: string, returnTo: string): string =>
  plainPage(
    'Who would you like to be?',
    html`<form method="post" action="${basePath}/auth/login"><input type="hidden" name="returnTo" value="${returnTo}">
${Object.entries(people).map(button)}
</form>`,
  )

const person = z.enum(Object.keys(people) as (keyof typeof people)[])
const Body = z.strictObject({ person })
const Form = z.strictObject({ person, returnTo: z.string() })

const endpoints = {
  sign_in_to_demo: {
    method: 'post',
    path: '/auth/demo',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'Be one of the people of the demo.',
    body: { required: true, content: json(Body, { person: 'customer' }) },
    answers: {
      200: { description: 'The session', content: json(z.looseObject({ sessionId: z.string() }), { sessionId: exampleIds.session }) },
    },
    errors: [400, 403, ...bodyErrors],
  },
  sign_in: {
    method: 'get',
    head: true,
    path: '/auth/login',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'In place of an identity provider: a page that asks whom to be.',
    query: {
      returnTo: ['A path on this origin to go on to', '/chat'],
      provider: ['Ignored', 'staff'],
      stepUp: ['Ignored', '1'],
      somebodyElse: ['Ignored', '1'],
    },
    answers: { 200: { description: 'The page', content: text('text/html') } },
    page: true,
    errors: [400],
  },
  sign_in_by_form: {
    method: 'post',
    path: '/auth/login',
    tag: 'Sessions',
    by: 'anyone',
    summary: 'What that page sends.',
    body: { required: true, content: form(Form) },
    answers: { 303: { description: 'To returnTo', headers: ['Location', 'Set-Cookie'] } },
    page: true,
    errors: [400, 403, ...bodyErrors],
  },
} as const satisfies Endpoints

/** Mounted before the routes of an identity provider, whose address the page takes. */
export const demoSignIn = (mint: Mint, origins: Origins, basePath: string): Router => {
  const enter = async (name: z.infer<typeof person>, res: Response) => {
    const chosen = people[name]
    const minted = await mint({ ...chosen, roles: [...chosen.roles], kind: 'cookie', scope: 'app' }, 'demo')
    res.setHeader('Set-Cookie', minted.setCookie!)
    return { signedIn: true, sessionId: minted.sessionId, expiresAt: minted.expiresAt, ...chosen }
  }
  const ownPages: Authorization<void> = {
    enter: ({ req, row: { method, page } }) => {
      if (method === 'post') requireSameOrigin(req, origins, page ? 'form' : 'api')
    },
  }
  const { sign_in_to_demo, sign_in, sign_in_by_form } = handlers(endpoints, ownPages, {
    sign_in_to_demo: ({ body, res }) => enter(body.person, res),
    sign_in: async ({ query, res }) => showPage(res, 200, signInPage(basePath, returnPath(query.returnTo, basePath))),
    sign_in_by_form: async ({ body, res }) => {
      await enter(body.person, res)
      res.redirect(303, returnPath(body.returnTo, basePath))
    },
  })
  return routes(endpoints, {
    sign_in_to_demo: [onlyThisMachine, sign_in_to_demo],
    sign_in: [asPage, onlyThisMachine, sign_in],
    sign_in_by_form: [asPage, onlyThisMachine, sign_in_by_form],
  })
}
