/** L2: whatever callers write, a record stays one line of JSON that steers no terminal and hides nothing. Read from the standard output of a real process. */
import { expect, test } from '@jest/globals'
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId, mina } from '../support/bff.ts'
import { canariesIn, canaryEmail, canaryKey, canaryServiceKey } from '../support/canaries.ts'
import { sendRaw } from '../support/raw.ts'
import { processEnv, startProcess } from '../support/service-process.ts'

/** As bytes on the wire, one a character. */
const wire = (text: string) => Buffer.from(text).toString('latin1')

const agents = [
  wire('Mozilla/5.0 \u202eevil\u202c'),
  wire('two\u2028lines\u2029here\u0085and\u000bthere').replace('\u000b', ''),
  'C1 \x9b31m red \x9d0;title\x9c \x85 \xad',
  wire('zero\u200bwidth\ufeff\u2066\u061c'),
  '{"level":"info","msg":"forged"}',
  '\\n{"level":"error"}\\u001b[31m\\r\\n',
  '"}\\n{"msg":"forged',
  '%0a%0d%1b[31m%{jndi:ldap://x}<script>alert(1)</script>',
  `mail ${canaryEmail} end`,
  `token eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(43)} end`,
  'a'.repeat(8_000),
  'tab\tbed',
]
const names = ['one\ntwo', 'red \u001b[31m', 'right \u202e to left', 'null \u0000', 'line \u2028 end', `${canaryEmail}`]

test('one escaped JSON line each', async () => {
  await using vendor = await startSandbox({ apps: [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' }] }], people: [mina] })
  await using service = await startProcess({ ...processEnv, SMOOCH_BASE_URL: vendor.url, LOG_LEVEL: 'debug', DRAIN_DELAY_SECONDS: '0' })
  const authorization = `Bearer ${canaryServiceKey}`
  const mint = async (more: object) => {
    const headers = { authorization, 'content-type': 'application/json' }
    return (await fetch(`${service.privateUrl}/sessions`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ kind: 'bearer', ...more }),
    })) as Response & { json(): Promise<{ token: string }> }
  }
  const { token } = await (await mint({ userId: mina.userId })).json()
  const { port } = new URL(service.publicUrl)
  const send = (line: string, rest: string) =>
    sendRaw({ port: Number(port) }, `${line} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${token}\r\n${rest}`)

  for (const agent of agents) expect((await send('GET /bff/v1.1/appusers/me', `User-Agent: ${agent}\r\n\r\n`)).first.status).toBe(200)
  for (const agent of ['a\nb', 'a\u001b[31m', 'a\0b'])
    expect((await send('GET /bff/v1.1/appusers/me', `User-Agent: ${agent}\r\n\r\n`)).first.status).toBe(400)
  for (const name of names) {
    const body = JSON.stringify({ givenName: name, email: canaryEmail })
    await send(
      'PUT /bff/v1.1/appusers/me',
      `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${wire(body)}`,
    )
    await mint({ actor: { id: name, name }, roles: ['agent'] })
    await mint({ userId: name })
    await send(`GET /bff/v1.1/appusers/${encodeURIComponent(name)}`, '\r\n')
    await send(`GET /bff/v1.1/appusers/me?${encodeURIComponent(name)}=1`, '\r\n')
  }
  service.child.kill('SIGTERM')
  expect(await service.ended).toBe(0)

  const lines = service
    .output()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('smooch-bff serves'))
  expect(lines.length).toBeGreaterThan(agents.length + names.length * 5)
  for (const line of lines) {
    expect([line, /^[ -~\u00a1-\u00ac\u00ae-\u00ff\u2014]+$/.test(line)]).toEqual([line, true])
    expect(JSON.parse(line)).toMatchObject({
      level: expect.stringMatching(/^(debug|info|warn|error)$/),
      time: expect.any(String),
      msg: expect.not.stringContaining('forged'),
    })
  }
  const all = lines.join('\n')
  expect(canariesIn(all, [canaryEmail, canaryKey, canaryServiceKey, token, token.split('.')[1]!, mina.userId, 'b'.repeat(43)])).toEqual([])
  expect(all).toContain('\\u009b31m red')
})
