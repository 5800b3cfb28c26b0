/** Health for orchestrators: alive, ready (the session store answers, not draining), started. */
import type { Response, Router } from 'express'
import type { Metrics } from '../platform/metrics/metrics.ts'
import { type Endpoints, text } from './endpoint.ts'
import { anyone, handledRoutes } from './endpoint-handler.ts'

export interface Health {
  started: boolean
  draining: boolean
}

const say = (res: Response, status: number, text: string): void => {
  res.status(status).type('text/plain').send(`${text}\n`)
}

const isUp = (ping: () => Promise<void>): Promise<boolean> =>
  ping().then(
    () => true,
    () => false,
  )

const about = { method: 'get', head: true, tag: 'Private', by: 'anyone', lenientQuery: true } as const
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
  handledRoutes(healthEndpoints, anyone, {
    alive: async ({ res }) => say(res, 200, 'ok'),
    started: async ({ res }) => (health.started ? say(res, 200, 'ok') : say(res, 503, 'starting')),
    ready: async ({ query, res }) => {
      if (health.draining || !health.started) return say(res, 503, health.draining ? 'draining' : 'starting')
      // As Kubernetes' own servers have it: what all replicas share takes none of them out.
      if (query.exclude === 'redis' || (await isUp(ping))) return say(res, 200, 'ok')
      say(res, 503, 'session store unavailable')
    },
    metrics: async ({ res }) => {
      res.type(metrics.contentType).send(await metrics.text())
    },
  })
