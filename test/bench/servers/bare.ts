/** BARE: an empty Express app that answers the same JSON with res.json. */
import type { AddressInfo } from 'node:net'
import express from 'express'
import { ready } from '../child.ts'
import { personOf } from '../person.ts'

const answer = personOf(1, 0)
const app = express()
app.get('/users/me', (_req, res) => {
  res.json(answer)
})
const server = app.listen(0, '127.0.0.1', () =>
  ready({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, path: '/users/me' }),
)
