/** One service for all tests of a file that need none of their own. Each begins without faults, requests and log lines of those before; people, sessions and the journal stay, so each has people of its own. */
import { afterAll, beforeAll, beforeEach } from '@jest/globals'
import { type Bff, type BffOptions, startBff } from './bff.ts'

export const bffOfFile = (options: BffOptions = {}): (() => Bff) => {
  let bff: Bff | undefined
  beforeAll(async () => {
    bff = await startBff(options)
  })
  beforeEach(() => {
    bff!.sandbox.clearFaults()
    bff!.sandbox.clearRequests()
    bff!.lines.length = 0
  })
  afterAll(async () => await bff?.[Symbol.asyncDispose]())
  return () => bff!
}
