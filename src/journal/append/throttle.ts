/** Two ways to do less work for frequent values: once a second, and one at a time. The newest value
 * always gets its turn. */

export function oncePerSecond(call: (note: string) => void): ((note: string) => void) & { stop(): void } {
  let timer: NodeJS.Timeout | undefined
  let latest: string | undefined
  const fire = (): void => {
    timer = undefined
    if (latest === undefined) return
    call(latest)
    latest = undefined
    timer = setTimeout(fire, 1000).unref()
  }
  const offer = (note: string): void => {
    latest = note
    if (!timer) fire()
  }
  return Object.assign(offer, {
    stop: () => {
      if (latest !== undefined) call(latest)
      clearTimeout(timer)
    },
  })
}

/** Skips values that come during the work; after a failure it waits for the next value. */
export function oneAtATime(work: (note: string) => Promise<void>): (note: string) => void {
  let latest: string | undefined
  let running = false
  const run = async (): Promise<void> => {
    running = true
    while (latest !== undefined) {
      const note = latest
      latest = undefined
      await work(note).catch(() => {})
    }
    running = false
  }
  return (note) => {
    latest = note
    if (!running) void run()
  }
}
