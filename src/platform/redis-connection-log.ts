/** What an operator hears of a connection to Redis: each cause once while it lasts, and one word
 * when all is well again. */
import { describeError, type Log } from './logger.ts'
import { remedyFor } from './redis-proof.ts'
import { outsideRequests } from './request-context.ts'

export interface RedisNews {
  readonly level: 'warn' | 'info'
  readonly text: string
  readonly cause?: Error
}

export type Tell = (news: RedisNews) => void

/** Into the log, under the name of the connection. */
export const redisLog =
  (log: Log, name: string): Tell =>
  ({ level, text, cause }) => {
    const remedy = cause && remedyFor(cause)
    outsideRequests(() => log[level]({ ...(cause && { cause: describeError(cause) }), ...(remedy && { remedy }) }, `${name} ${text}`))
  }

/** More causes than this in one outage say nothing new. */
const maxCauses = 5

/** Gathers causes until `isWell` says yes, which is asked twice a second. */
export const createOutageNews = (tell: Tell, isWell: () => Promise<boolean>, isClosed: () => boolean) => {
  const causes = new Set<string>()
  const untilWell = async (): Promise<void> => {
    while (!isClosed()) {
      await new Promise((resolve) => setTimeout(resolve, 500).unref())
      if (isClosed() || !(await isWell())) continue
      causes.clear()
      return tell({ level: 'info', text: 'is back' })
    }
  }
  return (cause: Error): void => {
    const { code } = cause as NodeJS.ErrnoException
    const kind = code ?? cause.message
    if (isClosed() || causes.has(kind) || causes.size >= maxCauses) return
    causes.add(kind)
    tell({ level: 'warn', text: 'fails', cause })
    if (causes.size === 1) void untilWell()
  }
}
