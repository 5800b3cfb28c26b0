/** Waits for the first SIGTERM or SIGINT; a second one ends the process at once. */
export const untilSignal = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    const heard = (signal: NodeJS.Signals) => {
      process.once(signal, () => process.exit(1))
      resolve(signal)
    }
    process.once('SIGTERM', heard)
    process.once('SIGINT', heard)
  })

/** However the process ends. */
export const atExit = (run: () => void): void => void process.once('exit', run)
