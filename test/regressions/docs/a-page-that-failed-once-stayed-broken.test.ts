/** A page of the documents whose making failed once stayed broken until the next start, since the failure was remembered in its place. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import express from 'express'
import { all } from '../../../src/contract/operations.ts'
import { docsRoutes } from '../../../src/docs/routes.ts'

test('a page that could not be made is made for the next caller, and once for all who ask together', async () => {
  let made = 0
  const signIn = () => {
    made += 1
    if (made === 1) throw new Error('not yet')
    return '/login'
  }
  const app = express().use(docsRoutes({ basePath: '', operations: all, pages: (_req, _res, next) => next(), signIn }))
  app.use((_error: unknown, _req: express.Request, res: express.Response, _next: express.NextFunction) => void res.sendStatus(500))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ask = async (): Promise<number> => (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/docs`)).status
  expect(await ask()).toBe(500)
  expect(await Promise.all([ask(), ask(), ask()])).toEqual([200, 200, 200])
  expect(made).toBe(2)
  server.close().closeAllConnections()
})
