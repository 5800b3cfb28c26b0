/** The house rules on who may import what. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { memo } from '../src/platform/memo.ts'

const files = ['src', 'config'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
)

const statement = /^(?:import|export)\s+(type\s+)?([^'"]*?from\s+)?['"]([^'"]+)['"]/gm
const dynamic = /\bimport\(['"]([^'"]+)['"]\)/g

/** Modules that a file needs at run time: a package's name, or a path from the root. */
const importsOf = (file: string): string[] => [
  ...staticImportsOf(file),
  ...[...readFileSync(file, 'utf8').matchAll(dynamic)].map(([, from = '']) => from),
]

const staticImportsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(statement)]
    .filter(([, type, clause = '']) => !type && !/^\{\s*(type [^,}]+,?\s*)+\}\s*from\s+$/.test(clause))
    .map(([, , , from = '']) => (from.startsWith('.') ? normalize(join(file, '..', from)) : from))

/** The files that may open express. Libraries with one door stand in docs/architecture.md, which dependencies.test.ts checks. */
const expressDoors = /^src\/(service\/app\.ts$|http\/|dev\/demo\/|docs\/page\.ts$)|\/routes(\/|\.ts$)/

/** Room → the rooms from which it may import, types included: the table of docs/architecture.md. */
const rooms = new Map(
  readFileSync('docs/architecture.md', 'utf8')
    .split('## Rooms\n')[1]!
    .split('\n#')[0]!
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, room = '', , from = ''] = line.split('|')
      const named = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
      return [named(room)[0]!, named(from)] as const
    }),
)
const roomOf = (file: string): string => (file.startsWith('config/') ? 'config' : file.split('/')[1]!)

/** Of ours, for their types alone or not. */
const allImportsOf = memo(2_000, (file: string): string[] =>
  [
    ...[...readFileSync(file, 'utf8').matchAll(statement)].map(([, , , from = '']) => from),
    ...[...readFileSync(file, 'utf8').matchAll(dynamic)].map(([, from = '']) => from),
  ].flatMap((from) => (from.startsWith('.') ? [normalize(join(file, '..', from))] : [])),
)

describe('imports', () => {
  test('are found at all', () => {
    expect(importsOf('src/service/app.ts')).toEqual(expect.arrayContaining(['src/gateway/pipeline.ts', 'src/service/parts.ts']))
    expect(importsOf('src/contract/operation.ts')).toEqual([])
  })

  test('express is opened by what serves routes', () => {
    expect(files.filter((file) => importsOf(file).includes('express') && !expressDoors.test(file))).toEqual([])
  })

  test('every room has its row', () => {
    expect(new Set(files.map(roomOf))).toEqual(new Set(rooms.keys()))
  })

  test.each([...rooms])('%s imports from the rooms of its row, and from each of them', (room, from) => {
    const edges = files
      .filter((file) => roomOf(file) === room)
      .flatMap((file) => allImportsOf(file).map((target) => ({ file, target, to: roomOf(target) })))
      .filter(({ to }) => to !== room)
    expect(edges.filter(({ to }) => !from.includes(to)).map(({ file, target }) => `${file} → ${target}`)).toEqual([])
    expect(from.filter((named) => !edges.some(({ to }) => to === named))).toEqual([])
  })

  test('no room leads back to itself', () => {
    const leadsTo = (room: string, seen = new Set<string>()): Set<string> => {
      for (const next of rooms.get(room) ?? []) if (!seen.has(next)) leadsTo(next, seen.add(next))
      return seen
    }
    expect([...rooms.keys()].filter((room) => leadsTo(room).has(room))).toEqual([])
  })

  test('no file leads back to itself, for types alone included', () => {
    const done = new Set<string>()
    const circles: string[] = []
    const follow = (file: string, way: readonly string[]): void => {
      if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' → '))
      if (way.includes(file) || done.has(file)) return
      for (const next of allImportsOf(file)) follow(next, [...way, file])
      done.add(file)
    }
    for (const file of files) follow(file, [])
    expect(circles).toEqual([])
  })

  /** What a file loads by itself, and all that is loaded with it. */
  const loadedWith = (first: string): Set<string> => {
    const loaded = new Set([first])
    for (const file of loaded) if (files.includes(file)) for (const needed of staticImportsOf(file)) loaded.add(needed)
    return loaded
  }

  test('a thread that reads the journal loads nothing that writes it, and no cryptography', () => {
    const threads = 'src/journal/store/sqlite'
    expect(loadedWith(`${threads}/file.ts`)).toContain('node:crypto')
    const loaded = [`${threads}/worker.ts`, `${threads}/reading.ts`].flatMap((file) => [...loadedWith(file)])
    expect(loaded.filter((name) => /crypto|journal-store|sqlite\/file/.test(name))).toEqual([])
  })

  test('a start loads nothing that makes documents, and no database that may not be set', () => {
    const loaded = loadedWith('src/service/serve.ts')
    expect(loaded).toContain('undici')
    expect([...loaded].filter((name) => /^(zod-openapi|pg|src\/docs\/(openapi|reference\/.*)\.ts)$/.test(name))).toEqual([])
  })

  test('the first of several processes, which serves nothing, loads nothing that does', () => {
    const loaded = loadedWith('src/run.ts')
    expect(loaded).toContain('src/platform/process/workers.ts')
    expect([...loaded].filter((name) => /^(express|undici|ky|src\/(service|http|upstream)\/.*)$/.test(name))).toEqual([])
  })

  test('the tables of the contract need nothing, so that a browser can use them', () => {
    for (const name of ['operation', 'problems']) expect(importsOf(`src/contract/${name}.ts`)).toEqual([])
    expect(importsOf('src/contract/operations.ts')).toEqual(['src/contract/operation.ts'])
  })

  test('SQL names the tables of the journal in its schemas and its queries, and nowhere else', () => {
    const tables = /\b(?:FROM|INTO|UPDATE|JOIN) (?:journal\.)?(?:head|event|operation|target|checkpoint|node|subject|snapshot)\b/
    const homes = /^src\/journal\/store\/(queries\/\w+|(sqlite|postgres)\/schema)\.ts$/
    const naming = files.filter((file) => tables.test(readFileSync(file, 'utf8')))
    expect(naming.filter((file) => !homes.test(file))).toEqual([])
    expect(naming.length).toBeGreaterThan(0)
  })

  test('src has few loose files', () => {
    expect(files.filter((file) => /^src\/[^/]+$/.test(file)).length).toBeLessThanOrEqual(5)
  })

  test('no folder has more files than a reader takes in', () => {
    const folders = Map.groupBy(files, (file) => file.slice(0, file.lastIndexOf('/')))
    expect([...folders].filter(([, its]) => its.length > 17).map(([folder, its]) => `${folder}: ${its.length}`)).toEqual([])
  })

  test('the process is touched only where it is started or ended', () => {
    const allowed = /(^|\/)(main|run|cli|signals|standard-output)\.ts$/
    expect(
      files.filter((file) => !allowed.test(file) && /\bprocess\.(env|exit|argv|on|once|std)/.test(readFileSync(file, 'utf8'))),
    ).toEqual([])
  })

  test('no file that people write is longer than 250 lines', () => {
    const written = files.filter((file) => !readFileSync(file, 'utf8').startsWith('/** Derived by npm run derive'))
    expect(files.length - written.length).toBe(1)
    expect(written.filter((file) => readFileSync(file, 'utf8').split('\n').length > 251)).toEqual([])
  })
})
