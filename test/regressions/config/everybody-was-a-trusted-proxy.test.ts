/** TRUSTED_PROXIES=0.0.0.0/0 was taken: every caller then chose the address by which guesses are counted and events are told, so that no limit by address held. */
import { expect, test } from '@jest/globals'
import { load } from '../../../config/load.ts'
import { processEnv } from '../../support/service-process.ts'

const proxies = (TRUSTED_PROXIES: string) => load({ ...processEnv, TRUSTED_PROXIES }).settings.TRUSTED_PROXIES

test.each(['0.0.0.0/0', '::/0', '10.0.0.0/8,0.0.0.0/0', '203.0.113.7/00'])('TRUSTED_PROXIES=%s is refused', (text) => {
  expect(() => proxies(text)).toThrow(/TRUSTED_PROXIES is .* but must be addresses or CIDRs .*, not everybody \(\/0\)/)
})

test('an address alone and networks of any other size are taken', () => {
  expect(proxies('127.0.0.1, 10.0.0.0/8,fd00::/10')).toEqual(['127.0.0.1', '10.0.0.0/8', 'fd00::/10'])
})
