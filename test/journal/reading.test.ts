/** Searching, exporting, erasing, pruning, proving: the journal as people use it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { cell, line } from '../../src/journal/csv.ts'
import { exportLines } from '../../src/journal/export.ts'
import type { Guard, OpenOperation } from '../../src/journal/guard/call-guard.ts'
import { spendPermit } from '../../src/journal/guard/permit.ts'
import { publicKey } from '../../src/journal/log/checkpoint.ts'
import { checkProof } from '../../src/journal/log/proof.ts'
import { erasePerson, prune, pruneRangeBefore, resolveByHand } from '../../src/journal/maintenance.ts'
import { entryOf, type Store, systemEvent } from '../../src/journal/store/journal-store.ts'
import { namesOf } from '../../src/journal/store/names.ts'
import { eventsFrom, treeHead } from '../../src/journal/store/queries/log.ts'
import { operations } from '../../src/journal/store/search.ts'
import { proofOf } from '../../src/journal/store/stored-tree.ts'
import { verify } from '../../src/journal/verify/verify.ts'
import { printableLines } from '../../src/platform/printable.ts'
import { anyText } from '../support/any-text.ts'
import { parse } from '../support/csv.ts'
import { deletion, makePlace, type Place, success } from './place.ts'

const all = async (lines: AsyncGenerator<string>): Promise<string> => {
  let text = ''
  for await (const part of lines) text += part
  return text
}

describe('CSV', () => {
  test('gives back what was written, and no cell is a formula', () => {
    const hostile = fc.oneof(
      anyText(),
      fc.string({
        unit: fc.constantFrom(
          '=',
          '+',
          '-',
          '@',
          '\t',
          '\r',
          '\n',
          "'",
          '"',
          ',',
          ';',
          ' ',
          '＝',
          '＋',
          '－',
          '＠',
          '\u200b',
          '\ufeff',
          '|',
          '1',
          'A',
        ),
      }),
    )
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 5 }), (cells) => {
        const text = line(cells)
        // What a spreadsheet takes out of the cell, before it decides.
        const contents = cells.map((value) => {
          const written = cell(value)
          return written.startsWith('"') ? written.slice(1, -1).replaceAll('""', '"') : written
        })
        return (
          isDeepStrictEqual(parse(text), [cells.map(printableLines)]) &&
          !contents.some((content) => /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠|%]/u.test(content) || /^[\t\r\n]/.test(content))
        )
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('a journal with history', () => {
  let place: Place
  let it: { guard: Guard; store: Store } & AsyncDisposable
  const ids: string[] = []

  beforeAll(async () => {
    place = makePlace()
    it = await place.open()
    for (let at = 0; at < 30; at += 1) {
      const op = (await it.guard.begin(
        deletion({
          action: at % 3 ? 'delete_app_user' : 'unlink_app_user',
          actor: at % 2 ? { type: 'staff', id: 'idp1|even', name: '=HYPERLINK("x")' } : { type: 'user', userId: `person-${at}` },
          targets: [{ role: 'subject', userId: `person-${at}`, smoochId: at.toString(16).padStart(24, 'a') }],
          reason: { ticket: at === 7 ? 'OPS-7' : 'OPS-1', note: 'the long story' },
        }),
      )) as OpenOperation
      ids.push(op.id)
      spendPermit(op.permit, at % 3 ? 'delete_app_user' : 'unlink_app_user')
      await op.end(at === 9 ? undefined : success)
    }
  })
  afterAll(async () => {
    await it[Symbol.asyncDispose]()
    await place[Symbol.asyncDispose]()
  })

  test.each([
    [{ target: 'person-4', tenant: 'app1' }, [4]],
    [{ target: (5).toString(16).padStart(24, 'a') }, [5]],
    [{ target: 'person-4', tenant: 'other-app' }, []],
    [{ ticket: 'OPS-7' }, [7]],
    [{ state: 'open' as const }, [9]],
    [{ state: 'unknown' as const, actor: 'idp1|even', action: 'unlink_app_user' }, [9]],
    [{ actor: 'person-8', tenant: 'app1' }, [8]],
    [
      { actor: 'idp1|even', action: 'unlink_app_user', ticket: 'OPS-1', from: new Date(0), to: new Date(Date.now() + 1e6) },
      [27, 21, 15, 9, 3],
    ],
    [{ to: new Date(0) }, []],
  ])('finds operations by %j', async (filter, expected) => {
    const found = await operations(it.store, place.sealer, filter)
    expect(found.rows.map(({ id }) => ids.indexOf(id!))).toEqual(expected)
  })

  test('pages through all of them, newest first, none twice', async () => {
    const seen: string[] = []
    let cursor: number | undefined
    do {
      const page = await operations(it.store, place.sealer, { limit: 7, ...(cursor !== undefined && { cursor }) })
      seen.push(...page.rows.map(({ id }) => id!))
      cursor = page.next
    } while (cursor !== undefined)
    expect(seen).toEqual([...ids].reverse())
  })

  test('the ndjson export is the signed bytes, then the checkpoint', async () => {
    const lines = (await all(exportLines(it.store, { format: 'ndjson' }))).trimEnd().split('\n')
    expect(lines.slice(0, -1)).toEqual((await eventsFrom(it.store, 0, 1000)).map(({ body }) => body))
    expect(JSON.parse(lines.at(-1)!)).toHaveProperty('checkpoint')
  })

  test('the csv export can be read back', async () => {
    const rows = parse(await all(exportLines(it.store, { format: 'csv' })))
    expect(rows).toHaveLength(2 + (await treeHead(it.store)).size)
    expect(rows[5]).toContain('OPS-1')
  })

  test('every event can be proved offline, and no other bytes can', async () => {
    const keys = [publicKey(place.key)]
    for (const { body } of (await eventsFrom(it.store, 0, 1000)).filter((_, at) => at % 7 === 0)) {
      const proof = (await proofOf(it.store, (JSON.parse(body) as { id: string }).id))!
      expect(proof.startsWith(`c2sp.org/tlog-proof@v1\nextra ${Buffer.from(body).toString('base64')}\nindex `)).toBe(true)
      expect(checkProof(proof, Buffer.from(body), keys)).toBe(true)
      expect(checkProof(proof, Buffer.from(`${body} `), keys)).toBe(false)
    }
  })

  test('a person resolves what the checker could not', async () => {
    expect(await resolveByHand(it.store, place.sealer, ids[9]!, 'applied', 'ops@example', 'looked it up')).toBe(true)
    expect(await resolveByHand(it.store, place.sealer, ids[9]!, 'not_applied', 'ops@example')).toBe(false)
    expect((await operations(it.store, place.sealer, { state: 'open' })).rows).toEqual([])
  })

  test('after erasing a person nothing of them is left, in any file, and the journal verifies', async () => {
    const before = Number((await it.store.select('SELECT count(*) AS n FROM snapshot'))[0]!['n'])
    const gone = await erasePerson(it.store, place.sealer, 'app1', 'person-11', 'ops')
    expect(gone?.subjects).toBe(1)
    expect(gone?.parts).toBe(2)
    expect(Number((await it.store.select('SELECT count(*) AS n FROM snapshot'))[0]!['n'])).toBe(before - 2)
    await it.store.backup(join(place.directory, 'after.db'))
    const files = readdirSync(place.directory, { withFileTypes: true }).filter((entry) => entry.isFile())
    const bytes =
      Buffer.concat(files.map((entry) => readFileSync(join(place.directory, entry.name)))).toString('latin1') +
      (await all(exportLines(it.store, { format: 'csv' })))
    for (const word of ['person-11', 'mina@example.org', 'Mina', '203.0.113.77', 'the long story']) expect(bytes).not.toContain(word)
    expect(bytes).not.toContain(place.sealer.lookup('app1', 'person-11'))
    expect((await operations(it.store, place.sealer, { target: 'person-11', tenant: 'app1' })).rows).toEqual([])
    expect(await verify(it.store, { sealer: place.sealer })).toMatchObject({ ok: true, findings: [] })
  })

  test('pruned, it still verifies, proves what is left, and goes on', async () => {
    const anchor = (await place.anchor.highest(it.store.journal))!
    const day = String((await it.store.select('SELECT time FROM event WHERE seq = 40'))[0]!['time'])
    const cut = await pruneRangeBefore(it.store, new Date(day))
    expect(cut.to).toBeGreaterThan(35)
    expect(await prune(it.store, cut, 'sha256:x', 'ops')).toBe(cut.to)
    expect(await verify(it.store, { trusted: [publicKey(place.key)], anchors: [anchor], sealer: place.sealer })).toMatchObject({
      ok: true,
      findings: [],
      from: cut.to,
    })
    const op = (await it.guard.begin(deletion())) as OpenOperation
    await op.end()
    const { body } = (await eventsFrom(it.store, op.index, 1))[0]!
    const proof = (await proofOf(it.store, (JSON.parse(body) as { id: string }).id))!
    expect(checkProof(proof, Buffer.from(body), [publicKey(place.key)])).toBe(true)
    const again = await pruneRangeBefore(it.store, new Date(Date.now() + 1000))
    await prune(it.store, again, 'sha256:y', 'ops')
    expect(await verify(it.store, { trusted: [publicKey(place.key)] })).toMatchObject({ ok: true, findings: [], from: again.to })
  })
})

describe('erasures of earlier versions', () => {
  /** A person removed as an erasure removes them, after the event that a version wrote of it. */
  const erased = async (facts: (pseudonyms: string[]) => Record<string, unknown>) => {
    await using place = makePlace()
    await using it = await place.open()
    const begin = async (userId: string, smoochId: string) => {
      const op = (await it.guard.begin(deletion({ targets: [{ role: 'subject', userId, smoochId }] }))) as OpenOperation
      spendPermit(op.permit, 'delete_app_user')
      await op.end(success)
    }
    await begin('mina', 'a'.repeat(24))
    await begin('kofi', 'b'.repeat(24))
    const names = await namesOf(it.store, place.sealer, 'app1', 'mina')
    const event = { ...systemEvent('erased'), kind: 'erased', action: 'erase', by: 'ops', facts: facts(names) } as const
    await it.store.commit([entryOf(event)])
    await it.store.erase(names)
    const first = await verify(it.store, { sealer: place.sealer })
    await begin('zoe', 'c'.repeat(24))
    await it.store.erase(await namesOf(it.store, place.sealer, 'app1', 'zoe'))
    const second = await verify(it.store, { sealer: place.sealer })
    return [first, second].map(({ findings }) => findings.map(({ what }) => what))
  }

  test('a number of names, or names alone, explain what is gone before them and nothing after', async () => {
    const later = expect.arrayContaining([
      expect.stringContaining('names of people are gone'),
      expect.stringContaining('is gone before its time'),
    ])
    expect(await erased(() => ({ subjects: 1 }))).toEqual([[], later])
    expect(await erased((subjects) => ({ subjects }))).toEqual([[], later])
  })

  test('an event that tells of nobody explains no name', async () => {
    const [first] = await erased(() => ({}))
    expect(first).toEqual([expect.stringContaining('names of people are gone that no erasure removed (1)')])
    expect((await erased(() => ({ subjects: [], ids: [] })))[0]).toEqual(
      expect.arrayContaining([
        expect.stringContaining('names of people are gone that no erasure removed (1)'),
        expect.stringContaining('is gone before its time'),
      ]),
    )
  })
})
