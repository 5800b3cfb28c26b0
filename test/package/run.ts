/** The commands of an installed package, as an operator runs them. */
import { spawn, spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'

/** The Node that runs the tests, before any other. */
const path = `${dirname(process.execPath)}:${process.env['PATH']}`

export const linked = (folder: string): string => join(folder, 'node_modules/.bin/smooch-bff')

/** `program`: npx, or what npm linked. */
export const runIn = (folder: string, program: string, words: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: folder, encoding: 'utf8', env: { PATH: path } })
  return { status, stdout, stderr }
}

/** Without npx in between, since a signal is to reach it. Resolves when its output matches. */
export const serveIn = async (
  folder: string,
  words: readonly string[],
  env: Record<string, string>,
  ready: RegExp,
  program = linked(folder),
) => {
  const child = spawn(program, words, {
    cwd: folder,
    env: { PATH: path, PORT: '0', PRIVATE_PORT: '0', SANDBOX_PORT: '0', DRAIN_DELAY_SECONDS: '0', ...env },
  })
  let output = ''
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const found = await new Promise<RegExpExecArray>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk)
        const match = ready.exec(output)
        if (match) resolve(match)
      })
    child.once('exit', () => reject(new Error(`ended: ${output}`)))
  })
  return {
    found,
    stop: (): Promise<number | null> => {
      child.kill('SIGTERM')
      return ended
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
