/** Calls to the journal's file by method name: it is opened at the first, closed after a failed
 * write, reopened at the next. */
import { type File, type FileOptions, isBusy, openFile } from './file.ts'

export type Verb = Exclude<keyof File, 'inode'> | 'reopen'

export function dispatch(options: FileOptions): (verb: Verb, args: readonly unknown[]) => unknown {
  let file: File | undefined
  let first: { journal: string; inode: number } | undefined
  const close = (): void => {
    try {
      file?.close()
    } finally {
      file = undefined
    }
  }
  const opened = (): File => {
    file ??= openFile({ ...options, mustBe: first })
    first ??= { journal: file.journal, inode: file.inode }
    return file
  }
  return (verb, args) => {
    if (verb === 'close') return close()
    if (verb === 'reopen') close()
    const it = opened()
    if (verb === 'reopen' || verb === 'journal') return it.journal
    try {
      return (it[verb] as (...args: readonly unknown[]) => unknown)(...args)
    } catch (error) {
      // State in memory is not trusted after a failed write. A lock held by another is no failure.
      if (verb === 'commit' && !isBusy(error)) close()
      throw error
    }
  }
}
