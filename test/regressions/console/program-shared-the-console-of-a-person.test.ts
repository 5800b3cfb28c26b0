/** A program or an end user with the id of a member of staff had that person's saved searches, used up that person's turns to read, and that person's denied attempts were told as the program's. */
import { describe, expect, test } from '@jest/globals'
import { createCounters } from '../../../src/console/counters.ts'
import { countDenials } from '../../../src/journal/guard/denials.ts'
import { createReaders } from '../../../src/journal/readers.ts'
import { deletion, makePlace } from '../../journal/place.ts'
import { type Carried, startBff } from '../../support/bff.ts'
import { until } from '../../support/until.ts'

const ada = { id: 'ada' }
const kinds = {
  staff: { actor: ada, roles: ['admin' as const] },
  program: { actor: ada, roles: ['admin' as const], kind: 'service' as const },
  user: { userId: ada.id, roles: ['user' as const, 'admin' as const] },
}
const names = Object.keys(kinds) as (keyof typeof kinds)[]

describe('staff, a program and an end user of one id', () => {
  test('have saved searches of their own', async () => {
    await using bff = await startBff()
    const views = async (headers: Carried) =>
      (await bff.call('GET', '/ops/api/views', { headers })).json.views.map(({ name }: { name: string }) => name)
    const all = await Promise.all(names.map((name) => bff.signIn(kinds[name])))
    for (const [at, headers] of all.entries())
      await bff.call('PUT', '/ops/api/views', { headers, json: { name: names[at], q: 'target:somebody' } })
    expect(await Promise.all(all.map(views))).toEqual(names.map((name) => [name]))
    // Another session of the same one finds them again.
    expect(await views(await bff.signIn(kinds.user))).toEqual(['user'])
  })

  test('have turns of their own to read the journal', async () => {
    const { during } = createReaders({ readers: { kind: 'sqlite', select: async () => [] } })
    const end = Promise.withResolvers<void>()
    const who = (name: (typeof names)[number]) => ({ app: 'app-1', kind: 'bearer', actor: ada, ...kinds[name] })
    const running = names.flatMap((name) => [1, 2].map(() => during('export', who(name), () => end.promise)))
    for (const name of names) await expect(during('export', who(name), async () => {})).rejects.toMatchObject({ code: 'too_many_requests' })
    end.resolve()
    await Promise.all(running)
  })

  test('have denied attempts of their own', () => {
    const written: [string, number | undefined][] = []
    const denials = countDenials(({ actor }, count) => written.push([actor.type, count]))
    const asked = { action: 'delete_app_user', tenant: 'app-1', targets: [] }
    for (let i = 0; i < 21; i += 1) denials.add({ ...asked, actor: { type: 'service', ...ada } })
    denials.add({ ...asked, actor: { type: 'staff', ...ada } })
    denials.close()
    expect(written.slice(20)).toEqual([
      ['staff', undefined],
      ['service', 1],
    ])
  })

  test('are no burst together', async () => {
    await using place = makePlace()
    await using it = await place.open()
    const counters = createCounters({ store: it.store, burst: { calls: 1, minutes: 5 }, since: 0 })
    const begin = (type: 'staff' | 'service') => it.guard.begin(deletion({ tenant: 'app-1', actor: { type, ...ada } }))
    const counted = async (count: number) => {
      await until(() => counters.series('app-1', 24, 2).reduce((sum, { deleted }) => sum + deleted, 0) >= count)
      return counters.bursts('app-1').map((burst) => burst.count)
    }
    for (const type of ['staff', 'service'] as const) await begin(type)
    expect(await counted(2)).toEqual([])
    await begin('staff')
    expect(await counted(3)).toEqual([2])
    await counters.close()
  })
})
