/** `npm run journal` within this process: its exit code, and what it printed. */

import { runCli } from '../../src/journal/cli/cli.ts'
import type { Anchor } from '../../src/journal/log/anchor.ts'

export interface Ran {
  readonly code: number
  readonly text: string
}

interface How {
  /** As on a terminal, not in a pipe. */
  readonly people?: boolean
  /** In place of the one in Redis. */
  readonly anchor?: Anchor | undefined
}

export const journalCli = async (env: Readonly<Record<string, string>>, line: readonly string[], how: How = {}): Promise<Ran> => {
  let text = ''
  const write = (part: string): void => {
    text += part
  }
  const out = { people: how.people ?? false, write, progress: () => {} }
  const code = await runCli(line, env, out, new AbortController().signal, () => Promise.resolve(how.anchor))
  return { code, text }
}
