/** Searches that readers keep under a name, with the columns they do without: in the session store,
 * sealed, by app and by person or program. */
import { faultIn } from '../contract/field-faults.ts'
import { type KeyRing, keyedName } from '../crypto/key-ring.ts'
import { createTurns } from '../platform/concurrency.ts'
import { randomBytes } from '../platform/random.ts'
import { bearerOf, personKeysOf, type Session } from '../session/record.ts'
import { openFor, sealFor } from '../session/seal.ts'
import type { SessionStore } from '../session/store/session-store.ts'
import type { NewView } from './saved-view.ts'

export interface SavedView extends NewView {
  readonly id: string
}

type Reader = Pick<Session, 'app' | 'kind' | 'userId' | 'actor'>

export interface SavedViewsParts {
  readonly store: Pick<SessionStore, 'get' | 'put'>
  readonly peppers: KeyRing
}

const maxViews = 20
/** Since the last change. */
const lifeMs = 365 * 24 * 60 * 60 * 1000
const purpose = 'saved views'

export const createSavedViews = ({ store, peppers }: SavedViewsParts) => {
  /** Under each live pepper, the newest first. */
  const tagsOf = (reader: Reader): [string, ...string[]] => {
    const people = personKeysOf(peppers, reader)
    return peppers().map((pepper, at) => keyedName(pepper, purpose, bearerOf(reader), people[at]!)) as [string, ...string[]]
  }

  /** Under the name of a former pepper too. */
  const list = async (reader: Reader): Promise<readonly SavedView[]> => {
    for (const tag of tagsOf(reader)) {
      const sealed = await store.get(tag, 'views')
      const views = sealed === undefined ? undefined : openFor(peppers, purpose, tag, sealed)
      if (views !== undefined) return views as readonly SavedView[]
    }
    return []
  }
  const keep = async (reader: Reader, views: readonly SavedView[]): Promise<readonly SavedView[]> => {
    const [tag] = tagsOf(reader)
    await store.put(tag, 'views', sealFor(peppers, purpose, tag, views), lifeMs)
    return views
  }

  /** What two tabs save at once is both kept: each reads what the one before it has left. Between
   * replicas the later one wins. */
  const turns = createTurns()
  const inTurn = async (reader: Reader, change: () => Promise<readonly SavedView[]>): Promise<readonly SavedView[]> => {
    using _turn = await turns(tagsOf(reader)[0])
    return await change()
  }
  const save = async (reader: Reader, view: NewView): Promise<readonly SavedView[]> => {
    const views = await list(reader)
    const known = views.find(({ name }) => name === view.name)
    if (!known && views.length >= maxViews)
      throw faultIn('body', ['name'], `is one too many: ${maxViews} views are kept, so remove one first`)
    const saved = { id: known?.id ?? randomBytes(9).toString('base64url'), ...view }
    return await keep(reader, known ? views.map((one) => (one === known ? saved : one)) : [...views, saved])
  }
  const remove = async (reader: Reader, id: string): Promise<readonly SavedView[]> => {
    const views = await list(reader)
    const left = views.filter((one) => one.id !== id)
    return left.length === views.length ? views : await keep(reader, left)
  }

  return {
    list,
    /** One of the same name is replaced. Throws `bad_request` when there are too many. */
    save: (reader: Reader, view: NewView) => inTurn(reader, () => save(reader, view)),
    remove: (reader: Reader, id: string) => inTurn(reader, () => remove(reader, id)),
  }
}

export type SavedViews = ReturnType<typeof createSavedViews>
