/** Ends what the setup started. */
import { rmSync } from 'node:fs'

const tearDown = async (): Promise<void> => {
  await globalThis.testRedis?.stop()
  if (globalThis.testFolder) rmSync(globalThis.testFolder, { recursive: true, force: true })
}

export default tearDown
