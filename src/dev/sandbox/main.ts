/** `npm run sandbox`: the sandbox on its own, until SIGINT or SIGTERM. */
import { randomBytes } from 'node:crypto'
import { errorMessage, withSetting } from '../../platform/error-message.ts'
import { refusalOfWords } from '../words.ts'
import { sandboxVariable } from './environment.ts'
import { type Key, startSandbox } from './sandbox.ts'

const variable = (name: Parameters<typeof sandboxVariable>[1]): string => sandboxVariable(process.env, name)

const mina = {
  userId: 'cust-20481',
  givenName: 'Mina',
  surname: 'Okafor',
  email: 'mina@example.org',
  properties: { plan: 'gold', seats: 3 },
  clients: [{ platform: 'twilio', externalId: '+15145550100', displayName: '+1 514-555-0100', info: { phoneNumber: '+15145550100' } }],
}

const serve = async (): Promise<void> => {
  const port = Number(variable('SANDBOX_PORT'))
  const host = variable('SANDBOX_HOST')
  const appId = variable('SANDBOX_APP_ID')
  const id = variable('SANDBOX_KEY_ID')
  const given = variable('SANDBOX_KEY_SECRET')
  const secret = given || randomBytes(24).toString('base64url')
  const scope: Key['scope'] = id.startsWith('act_') ? 'account' : 'app'
  const sandbox = await startSandbox({
    port,
    host,
    prefix: variable('SANDBOX_PREFIX'),
    apps: [{ appId, keys: [{ id, secret, scope }] }],
    people: [mina],
  }).catch((error: unknown) => {
    throw withSetting(error, { SANDBOX_PORT: port, SANDBOX_HOST: host })
  })
  const password = given ? '$SANDBOX_KEY_SECRET' : secret
  console.log(`A stand-in for the Smooch v1.1 AppUser API
  address  ${sandbox.url}
  app id   ${appId}
  key id   ${id}
  secret   ${given ? 'as given in SANDBOX_KEY_SECRET' : `${secret}   (made for this run)`}
  try      curl -u "${id}:${password}" ${sandbox.url}/v1.1/apps/${appId}/appusers/${mina.userId}
  steer    ${sandbox.origin}/__sandbox/requests, faults, users, apps, confirm-link, reset`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => sandbox.close())
}

const refusal = refusalOfWords('sandbox', process.argv.slice(2))
try {
  if (refusal === undefined) await serve()
  else {
    process.stderr.write(refusal)
    process.exitCode = 2
  }
} catch (error) {
  console.error(`The stand-in could not start: ${errorMessage(error)}`)
  process.exitCode = 1
}
