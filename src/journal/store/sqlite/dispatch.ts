/** Calls to the journal's file by method name: it is opened at the first, closed after a failed
 * write, reopened at the next. */
import { isBusy } from './connection.ts'
import type { File } from './file.ts'
import type { FileOptions, ReadableFile } from './reading.ts'

export type FileCommand = Exclude<keyof File, 'inode' | 'key' | 'journal'> | 'reopen' | 'identity'

type Opened = ReadableFile & Partial<File>

export function dispatch(
  options: FileOptions,
  open: (options: FileOptions) => Opened,
): (verb: FileCommand, args: readonly unknown[]) => unknown {
  let file: Opened | undefined
  let known = options.mustBe
  const close = (): void => {
    try {
      file?.close()
    } finally {
      file = undefined
    }
  }
  const opened = (): Opened => {
    file ??= open({ ...options, mustBe: known })
    known ??= { journal: file.journal, inode: file.inode }
    return file
  }
  return (verb, args) => {
    if (verb === 'close') return close()
    if (verb === 'reopen') close()
    const it = opened()
    if (verb === 'reopen' || verb === 'identity') return known
    try {
      return (it[verb] as (...args: readonly unknown[]) => unknown)(...args)
    } catch (error) {
      // State in memory is not trusted after a failed write. A lock held by another is no failure.
      if (verb === 'commit' && !isBusy(error)) close()
      throw error
    }
  }
}
