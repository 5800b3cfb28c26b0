/** PLAIN: the packages this service is made of, each as its readme shows it, and nothing else: what they cost at least. */
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { rateLimit } from 'express-rate-limit'
import helmet from 'helmet'
import { Redis } from 'ioredis'
import ky from 'ky'
import { pino } from 'pino'
import { ready } from '../child.ts'
import { appId } from '../person.ts'

const redis = new Redis({ path: process.env['REDIS']! })
const log = pino()
const vendor = ky.create({ retry: 0, headers: { authorization: 'Basic YmVuY2g6YmVuY2g=' } })
const urlOf = (userId: string, part = '') => `${process.env['VENDOR']!}/v1.1/apps/${appId}/appusers/${userId}${part}`

const app = express()
app.use((req, res, next) => {
  const began = performance.now()
  res.on('finish', () => log.info({ method: req.method, path: req.path, status: res.statusCode, ms: performance.now() - began }, 'request'))
  next()
})
app.use(helmet(), rateLimit({ limit: 1_000_000, windowMs: 60_000 }))
app.post('/login/:userId', async (req, res) => {
  const token = randomUUID()
  await redis.set(`session:${token}`, JSON.stringify({ userId: req.params.userId }), 'EX', 1800)
  res.cookie('plain', token, { httpOnly: true }).json({})
})
app.use('/users/me', async (req, res, next) => {
  const token = /plain=([^;]+)/.exec(req.headers.cookie ?? '')?.[1]
  const session = token && (await redis.get(`session:${token}`))
  if (!session) return void res.sendStatus(401)
  res.locals['userId'] = (JSON.parse(session) as { userId: string }).userId
  next()
})
app.get('/users/me', async (_req, res) => {
  const userId = res.locals['userId'] as string
  const cached = await redis.get(`user:${userId}`)
  if (cached) return void res.json(JSON.parse(cached))
  const user = await vendor(urlOf(userId)).json()
  await redis.set(`user:${userId}`, JSON.stringify(user), 'EX', 30)
  res.json(user)
})
app.put('/users/me', express.json(), async (req, res) => {
  const userId = res.locals['userId'] as string
  const user = await vendor.put(urlOf(userId), { json: req.body as unknown }).json()
  await redis.del(`user:${userId}`)
  res.json(user)
})
app.get('/users/me/channels', async (_req, res) => void res.json(await vendor(urlOf(res.locals['userId'] as string, '/channels')).json()))
const server = app.listen(0, '127.0.0.1', () =>
  ready({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: '/users/me', uncached: '/users/me/channels' }),
)
