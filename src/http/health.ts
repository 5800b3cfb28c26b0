/** Health for orchestrators: alive, ready (the session store answers, not draining), started. */
import type { RequestHandler, Router } from 'express'
import type { Metrics } from '../platform/metrics.ts'
import { getAndHead, routes } from './endpoint.ts'

export interface Health {
  started: boolean
  draining: boolean
}

const plain = (status: number, text: string): RequestHandler =>
  function health(_req, res) {
    res.status(status).type('text/plain').send(`${text}\n`)
  }

export const alive = plain(200, 'ok')

export const startedUp = (health: Health): RequestHandler =>
  function startedUp(req, res, next) {
    return (health.started ? alive : plain(503, 'starting'))(req, res, next)
  }

export const ready = (health: Health, ping: () => Promise<void>): RequestHandler =>
  async function ready(req, res, next) {
    if (health.draining || !health.started) return plain(503, health.draining ? 'draining' : 'starting')(req, res, next)
    const up = await ping().then(
      () => true,
      () => false,
    )
    return (up ? alive : plain(503, 'session store unavailable'))(req, res, next)
  }

/** The routes of the private listener that tell how the process does. */
export const healthRoutes = (health: Health, ping: () => Promise<void>, metrics: Metrics): Router =>
  routes({
    '/livez': getAndHead(alive),
    '/startupz': getAndHead(startedUp(health)),
    '/readyz': getAndHead(ready(health, ping)),
    '/metrics': getAndHead(async (_req, res) => {
      res.type(metrics.contentType).send(await metrics.text())
    }),
  })
