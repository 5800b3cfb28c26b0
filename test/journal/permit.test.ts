/** The permit as a type: what the compiler refuses. The run-time side is in guard.test.ts. */
import { expect, test } from '@jest/globals'
import { type Permit, PermitError, spendPermit } from '../../src/journal/guard/permit.ts'

/** The shape of a guarded call of the upstream. */
const deleteAppUser = (permit: Permit, id: string): string => {
  spendPermit(permit, 'delete_app_user')
  return id
}

test('a guarded call without a permit, or with something like one, does not compile, and throws', () => {
  // @ts-expect-error: no permit at all
  expect(() => deleteAppUser('6a1f0c2be84d9f3b7715c0aa')).toThrow(PermitError)
  // @ts-expect-error: an object of the same look
  expect(() => deleteAppUser({ operation: 'op_1' }, '6a1f0c2be84d9f3b7715c0aa')).toThrow(PermitError)
  // @ts-expect-error: nothing
  expect(() => deleteAppUser(undefined, '6a1f0c2be84d9f3b7715c0aa')).toThrow()
})
