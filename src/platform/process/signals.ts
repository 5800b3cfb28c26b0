/** Signals to a process group come twice: from outside, and from the first process to workers. */
const sameMs = 1_000

/** Asked to stop: by a service manager, a person, a terminal that closes. */
const stopping = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const
/** What rotations of logs send. Left alone, one opens Node's debugger, and the other ends the
 * process with its calls. */
const unasked = ['SIGUSR1', 'SIGUSR2'] as const

/** Resolves at the first signal to stop; a later one ends the process at once. */
export const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let first: number | undefined
    const heard = (signal: NodeJS.Signals): void => {
      if (first !== undefined && performance.now() - first > sameMs) process.exit(1)
      first ??= performance.now()
      resolve(signal)
    }
    for (const signal of stopping) process.on(signal, heard)
    for (const signal of unasked) process.on(signal, () => undefined)
  })

/** Runs at the end of the process, however it ends. */
export const atExit = (run: () => void): void => void process.once('exit', run)
