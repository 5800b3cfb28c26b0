/** Health for orchestrators: alive, ready (the session store answers, not draining), started. */
import type { RequestHandler, Router } from 'express'
import type { Metrics } from '../platform/metrics.ts'
import { type Endpoints, routes, text } from './endpoint.ts'

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
    // As Kubernetes' own servers have it: what all replicas share is no reason to take each of them out.
    const shared = req.query['exclude'] === 'redis'
    if (health.draining || !health.started) return plain(503, health.draining ? 'draining' : 'starting')(req, res, next)
    const up =
      shared ||
      (await ping().then(
        () => true,
        () => false,
      ))
    return (up ? alive : plain(503, 'session store unavailable'))(req, res, next)
  }

const about = { method: 'get', head: true, tag: 'Private', by: 'anyone' } as const
const ok = { description: 'Yes', content: text('text/plain') }

export const healthEndpoints = {
  alive: { ...about, path: '/livez', summary: 'Is the process alive?', answers: { 200: ok }, errors: [] },
  started: {
    ...about,
    path: '/startupz',
    summary: 'Has it started? 503 until then.',
    answers: { 200: ok, 503: { ...ok, description: 'Not yet' } },
    errors: [],
  },
  ready: {
    ...about,
    path: '/readyz',
    summary: 'Should it be given requests? 503 while it starts or drains, or its session store is away.',
    query: { exclude: ['redis = do not ask the session store, which all replicas share', 'redis'] },
    answers: { 200: ok, 503: { ...ok, description: 'No, and why' } },
    errors: [],
  },
  metrics: {
    ...about,
    path: '/metrics',
    summary: 'Figures in the text format of Prometheus.',
    answers: { 200: { description: 'The figures', content: text('text/plain') } },
    errors: [],
  },
} as const satisfies Endpoints

/** The routes of the private listener that tell how the process does. */
export const healthRoutes = (health: Health, ping: () => Promise<void>, metrics: Metrics): Router =>
  routes(healthEndpoints, {
    alive,
    started: startedUp(health),
    ready: ready(health, ping),
    metrics: async (_req, res) => {
      res.type(metrics.contentType).send(await metrics.text())
    },
  })
