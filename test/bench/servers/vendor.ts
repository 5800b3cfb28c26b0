/** The upstream of the bench: reads and updates of numbered users, and their channels, after a set time; images, which it begins to read late. The version counts a user's updates. Counts the calls. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { ready } from '../child.ts'
import { personOf } from '../person.ts'

const versions = new Map<number, number>()
let calls = 0
let latency = Number(process.env['LATENCY'] ?? 5)
/** What a proxy does not hold back until then, it holds in memory. */
const imageDelayMs = 500

const server = createServer(async (req, res) => {
  const url = req.url ?? ''
  if (url.endsWith('/images')) await sleep(imageDelayMs)
  for await (const _ of req);
  const send = (body: unknown, status = 200) => void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (url === '/__calls') return send({ calls })
  if (url.startsWith('/__latency/')) {
    latency = Number(url.split('/')[2])
    return send({})
  }
  calls += 1
  if (req.method === 'DELETE') return void setTimeout(() => send({}), latency)
  if (url.endsWith('/channels'))
    return void setTimeout(() => send({ channels: [{ type: 'twilio', phoneNumber: '+15145550100' }] }), latency)
  if (url.endsWith('/images'))
    return send({ message: { _id: 'm1', authorId: 'a1', role: 'appUser', type: 'image', received: 1 }, conversation: { _id: 'c1' } }, 201)
  const number = Number(/\/appusers\/u(\d+)$/.exec(url)?.[1])
  if (Number.isNaN(number)) return void res.writeHead(404).end()
  // Half of the time passes before the value is read or changed, half after: so that old answers travel while new ones are made.
  setTimeout(() => {
    if (req.method === 'PUT') versions.set(number, (versions.get(number) ?? 0) + 1)
    const body = personOf(number, versions.get(number) ?? 0)
    setTimeout(() => send(body), latency / 2)
  }, latency / 2)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => ready({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }))
