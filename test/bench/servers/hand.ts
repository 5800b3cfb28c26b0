/** HAND: what one would write by hand today. express-session with its Redis store, http-proxy-middleware, and a naive cache-aside. */
import { Agent } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedisStore } from 'connect-redis'
import express from 'express'
import session from 'express-session'
import { createProxyMiddleware, responseInterceptor } from 'http-proxy-middleware'
import { createClient } from 'redis'
import { ready } from '../child.ts'
import { appId } from '../person.ts'

declare module 'express-session' {
  interface SessionData {
    userId: string
  }
}

const redis = createClient({ socket: { path: process.env['REDIS']!, tls: false } })
await redis.connect()

const app = express()
app.use(session({ store: new RedisStore({ client: redis }), secret: 'bench', resave: false, saveUninitialized: false, name: 'hand' }))
app.post('/login/:userId', (req, res) => {
  req.session.userId = req.params.userId
  res.json({})
})
app.get('/users/me', async (req, res, next) => {
  if (!req.session.userId) return void res.sendStatus(401)
  const cached = await redis.get(`user:${req.session.userId}`)
  if (cached) res.json(JSON.parse(cached))
  else next()
})
const signedIn: express.RequestHandler = (req, res, next) => (req.session.userId ? next() : void res.sendStatus(401))
const vendor = {
  target: process.env['VENDOR']!,
  changeOrigin: true,
  agent: new Agent({ keepAlive: true }),
  headers: { authorization: 'Basic YmVuY2g6YmVuY2g=' },
}
const userPath = (req: express.Request): string => `/v1.1/apps/${appId}/appusers/${req.session.userId}`
for (const part of ['channels', 'images'])
  app.use(
    `/users/me/${part}`,
    signedIn,
    createProxyMiddleware<express.Request, express.Response>({ ...vendor, pathRewrite: (_path, req) => `${userPath(req)}/${part}` }),
  )
app.use(
  '/users/me',
  signedIn,
  createProxyMiddleware<express.Request, express.Response>({
    ...vendor,
    pathRewrite: (_path, req) => userPath(req),
    selfHandleResponse: true,
    on: {
      proxyRes: responseInterceptor(async (body, _answer, req) => {
        const key = `user:${(req as express.Request).session.userId}`
        if (req.method === 'GET') await redis.set(key, body.toString(), { EX: 30 })
        else await redis.del(key)
        return body
      }),
    },
  }),
)
const server = app.listen(0, '127.0.0.1', () =>
  ready({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: '/users/me', uncached: '/users/me/channels' }),
)
