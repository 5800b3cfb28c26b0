/** `smooch-bff init`: settings, keys and a compose file for a new folder. */
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { filesFor } from './files.ts'

/** What root writes is given to the user of Node's images: nobody runs the service as root. */
const imageUser = 1000
const byRoot = process.getuid?.() === 0
const user = byRoot ? imageUser : (process.getuid?.() ?? imageUser)
const group = byRoot ? imageUser : (process.getgid?.() ?? imageUser)

const files = filesFor(() => randomBytes(32).toString('hex'), `${user}:${group}`)

const write = (): string => {
  const there = Object.keys(files).filter((name) => existsSync(name))
  if (there.length > 0) throw new Error(`${there.join(' and ')} exist${there.length === 1 ? 's' : ''} already, and nothing was written`)
  for (const folder of ['secrets', 'data']) mkdirSync(folder, { recursive: true, mode: 0o700 })
  const written: string[] = []
  try {
    // For nobody else's eyes; and a file that came meanwhile is not overwritten either.
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(name, content, { flag: 'wx', mode: 0o600 })
      written.push(name)
    }
    if (byRoot) for (const name of ['secrets', 'data', ...written]) chownSync(name, user, group)
  } catch (error) {
    // Half of it would be taken for the whole by the next call, which overwrites nothing.
    for (const name of written) rmSync(name)
    throw new Error(`nothing was written: ${(error as Error).message}`, { cause: error })
  }
  return `Written: .env, compose.yml and keys in secrets/. Fill in SMOOCH_APP_ID and SMOOCH_KEY_ID in .env, put the secret of that key into secrets/smooch_key_secret, then: npx smooch-bff start, or with PUBLIC_ORIGIN in .env: docker compose up -d --wait`
}

try {
  if (process.argv.length > 2) throw new Error('init takes no words: it writes into this folder')
  process.stdout.write(`${write()}\n`)
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
