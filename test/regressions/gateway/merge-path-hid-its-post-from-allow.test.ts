/** `/appusers/merge` is a user's path as well, and its 405 named only that path's methods. */
import { expect, test } from '@jest/globals'
import { startBff } from '../../support/bff.ts'

test('Allow on /appusers/merge names POST beside the methods of a user', async () => {
  await using bff = await startBff()
  for (const method of ['OPTIONS', 'PATCH']) {
    for (const path of ['/v1.1/appusers/merge', '/v1.1/apps/x/appusers/merge']) {
      const { status, headers } = await bff.call(method, path)
      expect([status, headers.get('allow')?.split(', ').sort()]).toEqual([405, ['DELETE', 'GET', 'HEAD', 'POST', 'PUT']])
    }
  }
})
