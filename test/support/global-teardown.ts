/** Ends what the setup started. */
const tearDown = async (): Promise<void> => {
  await globalThis.testRedis?.stop()
}

export default tearDown
