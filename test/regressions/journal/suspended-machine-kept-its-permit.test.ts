/** The deadline of a permit was on the monotonic clock alone, which stands still while a machine is suspended: a call went out hours later, when others had found out that it never had. */
import { expect, test } from '@jest/globals'
import { issuePermit, spendPermit } from '../../../src/journal/guard/permit.ts'
import { setClock } from '../../support/skewed-clock.ts'

test.each([
  ['goes on', 3_600, 'expired'],
  ['was set back', -3_600, undefined],
])('a permit of five seconds, when the clock of the day %s meanwhile', (_, seconds, reason) => {
  using _clock = setClock(0)
  const permit = issuePermit('op_1', 'delete_app_user', 5_000)
  setClock(seconds)
  const spend = () => spendPermit(permit, 'delete_app_user')
  if (reason === undefined) expect(spend).not.toThrow()
  else expect(spend).toThrow(expect.objectContaining({ reason }))
})
