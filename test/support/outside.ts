/** nock, set up in one way: nothing leaves this machine, and a call that no interceptor waits for fails the test. nock 15 would answer it with 501. */
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals'
import nock from 'nock'

/** To be called once at the top of a test file. What is expected has to come, or the test takes it away with `pending`. */
export const interceptOutside = () => {
  const unexpected: string[] = []
  const note = ({ method, url }: { readonly method?: string; readonly url?: string }): void => {
    // Told of calls to this machine too, which are let through.
    if (URL.parse(String(url))?.hostname !== '127.0.0.1') unexpected.push(`${method} ${url}`)
  }

  beforeAll(() => {
    if (!nock.isActive()) nock.activate()
    nock.disableNetConnect()
    nock.enableNetConnect('127.0.0.1')
    nock.emitter.on('no match', note)
  })
  afterEach(() => {
    const left = pending()
    expect([unexpected.splice(0), left]).toEqual([[], []])
  })
  afterAll(() => {
    nock.emitter.off('no match', note)
    nock.enableNetConnect()
    nock.restore()
  })
}

/** What was never asked for; none of it is expected any more. */
export const pending = (): string[] => {
  const left = nock.pendingMocks()
  nock.cleanAll()
  return left
}
