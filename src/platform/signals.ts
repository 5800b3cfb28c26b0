/** Signals that reach a process group come twice: from outside, and from the first process to its
 * workers. */
const sameMs = 1_000

/** Resolves at the first SIGTERM or SIGINT; a later one ends the process at once. */
export const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let first: number | undefined
    const heard = (signal: NodeJS.Signals): void => {
      if (first !== undefined && performance.now() - first > sameMs) process.exit(1)
      first ??= performance.now()
      resolve(signal)
    }
    process.on('SIGTERM', heard).on('SIGINT', heard)
  })

/** Runs at the end of the process, however it ends. */
export const atExit = (run: () => void): void => void process.once('exit', run)
