/** Which processor a process may use, so that what measures takes nothing from what is measured (Linux). */
import { execFileSync } from 'node:child_process'

export const pinning =
  (wanted: boolean) =>
  (pid: number, processor: number): void => {
    if (wanted) execFileSync('taskset', ['-acp', String(processor), String(pid)], { stdio: 'ignore' })
  }
