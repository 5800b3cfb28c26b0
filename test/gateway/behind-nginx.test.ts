/** Two replicas behind nginx, as docs/deploy.md sets it up and as it comes: what a caller hears when a replica dies under a deletion. */
import { connect } from 'node:http2'
import { type Agent, Agent as HttpsAgent, request } from 'node:https'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { type Sandbox, startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { makeCertificates } from '../support/certificates.ts'
import { freePort } from '../support/free-port.ts'
import { nginxInstalled } from '../support/nginx.ts'
import { recipeOf, startProxy } from '../support/proxy-recipes.ts'
import { redisInstalled, startRedis, type TestRedis } from '../support/redis.ts'
import { processEnv, type ServiceProcess, startProcess } from '../support/service-process.ts'
import { until } from '../support/until.ts'

const recipe = recipeOf('nginx')
/** What nginx does by itself: no word of writes. */
const asItComes = recipe.replace(/ *error_page .*\n.*return 418.*\n/, '').replaceAll(' max_fails=1 fail_timeout=1s', '')

const describeNginx = nginxInstalled && redisInstalled() ? describe : describe.skip
describeNginx('behind nginx', () => {
  const certificates = makeCertificates()
  let redis: TestRedis
  let sandbox: Sandbox
  let agent: Agent
  beforeAll(async () => {
    redis = await startRedis()
    sandbox = await startSandbox({
      apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }],
      switches: { deletionTakes: 5 },
    })
    agent = new HttpsAgent({ ca: certificates.text('ca.pem') })
  })
  afterAll(async () => {
    agent.destroy()
    await sandbox.close()
    await redis.stop()
    certificates[Symbol.dispose]()
  })
  beforeEach(() => sandbox.clearFaults())

  const start = async (config: string) => {
    const port = await freePort()
    const origin = `https://localhost:${port}`
    const env = { ...processEnv, SMOOCH_BASE_URL: sandbox.url, REDIS_URL: redis.url, PUBLIC_ORIGIN: origin }
    const replicas = [await startProcess(env), await startProcess(env)] as const
    const places = replicas.map(({ publicUrl, privateUrl }) => [new URL(publicUrl).host, new URL(privateUrl).host] as const)
    const nginx = await startProxy.nginx(config, { port, certificates, replicas: places })
    const headers = { authorization: `Bearer ${await mint(replicas[1])}` }
    const ask = (method: string, path: string, json?: unknown) =>
      new Promise<{ status: number; json: () => { error: { code: string } } }>((resolve, reject) => {
        const body = json === undefined ? undefined : JSON.stringify(json)
        const sent = { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
        request(`${origin}/bff/v1.1/appusers/${path}`, { method, agent, headers: sent }, (answer) => {
          let text = ''
          answer.setEncoding('utf8').on('data', (chunk: string) => {
            text += chunk
          })
          answer.on('end', () => resolve({ status: answer.statusCode!, json: () => JSON.parse(text) }))
        })
          .on('error', reject)
          .end(body)
      })
    return {
      ...{ origin, headers, ask, replicas },
      [Symbol.asyncDispose]: async () => {
        await nginx[Symbol.asyncDispose]()
        for (const replica of replicas) await replica[Symbol.asyncDispose]()
      },
    }
  }

  const mint = async ({ privateUrl }: ServiceProcess): Promise<string> => {
    const answer = await fetch(`${privateUrl}/sessions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${canaryServiceKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ kind: 'service', roles: ['admin'], actor: { id: 'crm' } }),
    })
    return ((await answer.json()) as { token: string }).token
  }

  const deletions = () => sandbox.requests.filter(({ operation }) => operation === 'delete_app_user').length

  test.each([
    ['as the recipe says', recipe, [502], undefined],
    ['as it comes', asItComes, [409], 'operation_pending'],
  ])('%s: no 404 of a deletion whose replica died under it, and one deletion at the vendor', async (_how, config, statuses, code) => {
    await using it = await start(config)
    const { _id } = sandbox.createUser(appId, { userId: `dies-${code}` })
    sandbox.fault({ operation: 'delete_app_user', applied: true, latency: 10_000, times: 1 })
    const before = deletions()
    const answer = it.ask('DELETE', _id)
    await until(() => deletions() !== before && sandbox.user(appId, _id) === undefined)
    it.replicas[0].child.kill('SIGKILL')
    expect(statuses).toContain((await answer).status)
    if (code) expect((await answer).json().error.code).toBe(code)
    expect(deletions() - before).toBe(1)
  })

  test('as the recipe says: HTTP/2 reaches the service under its own name, writes have their bodies, and reads go on while a replica is away', async () => {
    await using it = await start(recipe)
    sandbox.createUser(appId, { userId: 'reads' })
    const session = connect(it.origin, { ca: certificates.text('ca.pem') })
    const status = await new Promise((resolve) => {
      const stream = session.request({ ':path': '/bff/v1.1/appusers/reads', ...it.headers })
      stream.on('response', (headers) => resolve(headers[':status'])).resume()
    })
    session.destroy()
    expect(status).toBe(200)
    expect((await it.ask('PUT', 'reads', { givenName: 'Ann' })).status).toBe(200)
    expect(sandbox.user(appId, 'reads')!.givenName).toBe('Ann')
    it.replicas[0].child.kill('SIGKILL')
    await it.replicas[0].ended
    for (let i = 0; i < 6; i += 1) expect((await it.ask('GET', 'reads')).status).toBe(200)
  })
})
