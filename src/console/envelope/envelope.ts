/** The files of an envelope: what was found, for people and as signed, with its proofs, the key and
 * a program that checks them. */

import { hash, type KeyObject } from 'node:crypto'
import { faultIn } from '../../contract/field-faults.ts'
import { decode } from '../../journal/event/event.ts'
import type { Sealer } from '../../journal/event/seal.ts'
import { parseCheckpoint, publicKey, signNote, verifierKey } from '../../journal/log/checkpoint.ts'
import { keyInForce } from '../../journal/store/journal-store.ts'
import { knownNames } from '../../journal/store/known-names.ts'
import { latestCheckpoint, treeHead } from '../../journal/store/queries/log.ts'
import { eventsOfOperations } from '../../journal/store/queries/operations.ts'
import type { Source } from '../../journal/store/queries/source.ts'
import { type Filter, operations } from '../../journal/store/search.ts'
import { proofsUnder } from '../../journal/store/stored-tree.ts'
import { type Operation, operationsCsv } from './operations-csv.ts'
import { readMe } from './read-me.ts'
import type { File } from './tar.ts'

export interface EnvelopeOptions {
  readonly store: Source
  readonly sealer: Sealer
  /** Those of the journal; the one in force signs. */
  readonly keys: readonly KeyObject[]
  readonly filter: Filter & { readonly tenant?: string }
  readonly search: string
  /** Two that check it. */
  readonly programs: readonly File[]
  readonly now: Date
}

const maxOperations = 2_000
const page = 200

interface Found extends Operation {
  readonly lines: readonly string[]
}

const findOperations = async (store: Source, sealer: Sealer, filter: Filter): Promise<Found[]> => {
  const all: Found[] = []
  let cursor = filter.cursor
  do {
    const { rows, next } = await operations(store, sealer, { ...filter, limit: page, ...(cursor !== undefined && { cursor }) })
    const events = await eventsOfOperations(
      store,
      rows.map(({ id }) => id),
    )
    for (const { id, state } of rows) {
      const own = events.filter(({ operation }) => operation === id)
      all.push({ id, state, events: own.map(({ index, body }) => ({ index, event: decode(body) })), lines: own.map(({ body }) => body) })
    }
    if (all.length > maxOperations)
      throw faultIn('query', ['q'], 'finds too much', {
        detail: `An envelope holds at most ${maxOperations} operations: narrow the search, for instance by from: and to:.`,
      })
    cursor = next
  } while (cursor !== undefined)
  return all
}

const file = (name: string, content: string | Uint8Array): File => ({ name, bytes: Buffer.from(content) })

/** SHA-256 of each file, as sha256sum writes them. */
const manifest = (files: readonly File[]): string => files.map(({ name, bytes }) => `${hash('sha256', bytes)}  ${name}\n`).join('')

export const makeEnvelope = async ({ store, sealer, keys, filter, search, programs, now }: EnvelopeOptions): Promise<File[]> => {
  const all = await findOperations(store, sealer, filter)
  const note = (await latestCheckpoint(store))!
  const { origin } = parseCheckpoint(note)!
  const signing = keyInForce(keys, (await treeHead(store)).key)
  const key = verifierKey(origin, publicKey(signing))
  const events = all.flatMap(({ events }) => events.map(({ event }) => event))
  const names = await knownNames({ store, sealer }, events)
  const proof = proofsUnder(store, note)
  const proofs: File[] = []
  for (const { id } of events) proofs.push(file(`proofs/${id}.tlog-proof`, (await proof(id)) ?? ''))
  const about = { app: filter.tenant ?? '', search, operations: all.length, events: events.length, time: now.toISOString(), key }
  const files = [
    file('README.html', readMe(about)),
    file('operations.csv', operationsCsv(all, names)),
    file('events.ndjson', all.flatMap(({ lines }) => lines.map((line) => `${line}\n`)).join('')),
    file('checkpoint.txt', note),
    file('key.txt', `${key}\n`),
    ...programs,
    ...proofs,
  ]
  return [...files, file('manifest.txt', signNote(origin, manifest(files), signing))]
}
