/** Ends what the setup started. */
import { rmSync } from 'node:fs'

const tearDown = async (): Promise<void> => {
  await globalThis.testRedis?.stop()
  await globalThis.endTestBrowser?.()
  for (const folder of [globalThis.testShared, globalThis.testFolder]) if (folder) rmSync(folder, { recursive: true, force: true })
}

export default tearDown
