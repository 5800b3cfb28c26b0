/** `smooch-bff init`: settings for a new folder. */
import { randomBytes } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { compose, dotEnv } from './files.ts'

const files = {
  '.env': dotEnv(() => randomBytes(32).toString('hex')),
  'compose.yml': compose,
} as const

const write = (): string => {
  const there = Object.keys(files).filter((name) => existsSync(name))
  if (there.length > 0) throw new Error(`${there.join(' and ')} exist${there.length === 1 ? 's' : ''} already, and nothing was written`)
  // For nobody else's eyes; and a file that came meanwhile is not overwritten either.
  for (const [name, content] of Object.entries(files)) writeFileSync(name, content, { flag: 'wx', mode: 0o600 })
  return `Written: ${Object.keys(files).join(' and ')}. Fill in SMOOCH_APP_ID, SMOOCH_KEY_ID and SMOOCH_KEY_SECRET in .env, then: npx smooch-bff start`
}

try {
  if (process.argv.length > 2) throw new Error('init takes no words: it writes into this folder')
  process.stdout.write(`${write()}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
