/** `npm run demo -- --port 8080` started the demo at the port of always, and said nothing of the words; the stand-in did too. */
import { spawnSync } from 'node:child_process'
import { expect, test } from '@jest/globals'

test.each([
  ['demo', 'PORT=8080 npm run demo'],
  ['sandbox', 'SANDBOX_PORT=4000 npm run sandbox'],
])('%s refuses a word, and starts nothing', (command, example) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [`src/dev/${command}/main.ts`, '--port', '8080'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], SANDBOX_PORT: '0', PORT: '0', PRIVATE_PORT: '0' },
    timeout: 60_000,
  })
  expect({ status, stdout, stderr }).toEqual({
    status: 2,
    stdout: '',
    stderr: `npm run ${command} takes no words, and "--port" is one: settings are variables, as in ${example}\n`,
  })
})
