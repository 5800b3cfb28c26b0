/** A small app behind the HTTP-wide parts alone, as every test of them needs it: it echoes what came through. */
import express, { type Express } from 'express'
import { pathId } from '../../src/contract/ids.ts'
import { Problem } from '../../src/contract/problems.ts'
import { accessLog, type Requests } from '../../src/http/access-log.ts'
import { problemHandler } from '../../src/http/problem-handler.ts'
import { type AdmissionOptions, admission } from '../../src/http/request/admission.ts'
import { type Bounds, discardBody, readJson } from '../../src/http/request/body.ts'
import { clientAddress } from '../../src/http/request/client-address.ts'
import { joinHeads, securityHeaders } from '../../src/http/response-headers.ts'
import { type Listener, type ListenOptions, listen } from '../../src/http/server/server.ts'
import type { Log } from '../../src/platform/log/logger.ts'

export interface EchoListener extends Listener {
  /** What got past admission: nothing else may ever have been reached. */
  readonly reached: string[]
}

const quiet = { info: () => {}, error: () => {} } as unknown as Log
/** Names, traces and records requests without a log. */
export const recordOf = (requestEnd: Requests['requestEnd'] = () => {}) => accessLog(quiet, { requestStart: () => {}, requestEnd })

export const startEcho = async (
  options: AdmissionOptions = {},
  rest: Partial<ListenOptions> & { body?: Bounds; routes?: (app: Express) => void; onRecord?: Requests['requestEnd'] } = {},
): Promise<EchoListener> => {
  const reached: string[] = []
  const app = express()
  app.set('case sensitive routing', true).set('strict routing', true).set('query parser', 'simple').set('etag', false)
  app.disable('x-powered-by')
  joinHeads(app)
  app.use(securityHeaders({ https: false }), recordOf(rest.onRecord), admission(options))
  app.use((req, _res, next) => {
    reached.push(`${req.method} ${req.url}`)
    next()
  })
  rest.routes?.(app)
  app
    .route('/users/:id')
    .get(async (req, res) => {
      await discardBody(req)
      res.json({ id: pathId(req.params.id), address: clientAddress(req), method: req.method })
    })
    .delete(async (req, res) => {
      await discardBody(req)
      res.json({ id: pathId(req.params.id) })
    })
    .put(async (req, res) => {
      res.json({ body: await readJson(req, rest.body) })
    })
  app.use(() => {
    throw new Problem('not_found')
  })
  app.use(problemHandler)
  const listener = await listen(app, { port: 0, host: '127.0.0.1', ...rest })
  return Object.assign(listener, { reached })
}
