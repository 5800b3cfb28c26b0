/** A person is found by each of their names: `_id`, userId, pseudonyms; and is never taken for another. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Event, newId } from '../../src/journal/event/event.ts'
import type { Subject } from '../../src/journal/event/seal.ts'
import { entryOf, type Store } from '../../src/journal/store/journal-store.ts'
import { namesOf } from '../../src/journal/store/names.ts'
import { createPostgres } from '../../src/journal/store/postgres/schema-state.ts'
import { openPostgres } from '../../src/journal/store/postgres/store.ts'
import { operations } from '../../src/journal/store/search.ts'
import { findPostgres, startPostgres } from '../support/postgres.ts'
import { makePlace } from './place.ts'

type Names = { readonly role?: 'surviving' | 'discarded'; readonly subject?: string; readonly smoochId?: string }

const bin = findPostgres()
const kinds = bin ? (['sqlite', 'postgres'] as const) : (['sqlite'] as const)

describe.each(kinds)('%s', (kind) => {
  const place = makePlace()
  const { sealer } = place
  const [ada, adaAgain, bob] = [sealer.subject('app1', 'ada'), sealer.subject('app1', 'ada'), sealer.subject('app1', 'bob')]
  const [idOfAda, idOfBob] = ['aaaaaaaaaaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbbbbbbbbbb']
  let store: Store
  let stop = async (): Promise<void> => {}

  const write = async (action: string, targets: readonly Names[], subjects: readonly Subject[] = []): Promise<void> => {
    const event: Event = {
      v: 1,
      id: newId('evt'),
      kind: 'denied',
      time: new Date().toISOString(),
      action,
      tenant: 'app1',
      operation: { id: newId('op') },
      targets: targets.map((target) => ({ role: 'subject', type: 'appuser', ...target })),
    }
    await store.commit([entryOf(event, [], subjects)])
  }
  const actionsOn = async (target: string): Promise<string[]> =>
    (await operations(store, sealer, { target, tenant: 'app1' })).rows.map(({ opened }) => opened.action)

  beforeAll(async () => {
    if (kind === 'postgres') {
      const server = await startPostgres(bin!)
      await createPostgres(server.url(), place.key)
      store = await openPostgres({ url: server.url(), keys: [place.key], instance: newId('i') })
      stop = async () => {
        await server[Symbol.asyncDispose]()
      }
    } else store = await place.store()
    await write('merge_users', [
      { role: 'surviving', smoochId: idOfAda },
      { role: 'discarded', subject: bob.pseudonym },
    ])
    await write('by userId', [{ subject: ada.pseudonym }], [ada, bob])
    await write('by userId, unknown meanwhile', [{ subject: adaAgain.pseudonym }], [adaAgain])
    await write('by _id', [{ smoochId: idOfAda }])
    await write('by both', [{ subject: ada.pseudonym, smoochId: idOfAda }])
    await write('of bob', [{ subject: bob.pseudonym, smoochId: idOfBob }])
  })
  afterAll(async () => {
    await store.close()
    await stop()
    await place[Symbol.asyncDispose]()
  })

  test.each([
    ['_id', idOfAda],
    ['userId', 'ada'],
    ['pseudonym', ada.pseudonym],
    ['other pseudonym', adaAgain.pseudonym],
  ])('the %s finds all', async (_name, person) => {
    const all = ['by both', 'by _id', 'by userId, unknown meanwhile', 'by userId', 'merge_users']
    expect(await actionsOn(person)).toEqual(all)
  })

  test('whom a merge names beside them is somebody else', async () => {
    expect(await actionsOn('bob')).toEqual(['of bob', 'merge_users'])
    expect(new Set(await namesOf(store, sealer, 'app1', idOfBob))).toEqual(new Set([idOfBob, bob.pseudonym]))
  })

  test('nobody is found in another app by a userId', async () => {
    expect(await namesOf(store, sealer, 'app2', 'ada')).toEqual(['ada'])
  })
})
