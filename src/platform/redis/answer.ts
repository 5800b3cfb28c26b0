/** The answer to a command: in time, a refusal, or none. */

/** The promise is an answer within 300 ms; the difference is for a busy event loop. */
const commandMs = 200

export class CommandTimeout extends Error {
  constructor() {
    super('Redis did not answer in time')
  }
}

/** Four timers in a row: a loop that was busy runs late timers before it reads an answer that has
 * arrived, and must not take that for a slow Redis. */
export const withCommandTimeout = <T>(command: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    let left = 4
    const quarter = (): void => {
      left -= 1
      if (left > 0) timer = setTimeout(quarter, commandMs / 4)
      else setImmediate(() => setImmediate(() => reject(new CommandTimeout())))
    }
    let timer = setTimeout(quarter, commandMs / 4)
    command.then(resolve, reject).finally(() => clearTimeout(timer))
  })

/** A refusal by Redis is an answer too. */
export const isRefusal = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError'

export const isAnswered = (asked: Promise<unknown>): Promise<boolean> =>
  asked.then(
    () => true,
    (error: unknown) => isRefusal(error),
  )

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms).unref())
