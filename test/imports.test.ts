/** The house rules on who may import what. Type imports cost nothing at run time and are exempt. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { describe, expect, test } from '@jest/globals'

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
const expressDoors = /^src\/(app|docs|routes|pages)\.ts$|^src\/http\/|^src\/demo\/|\/routes(-[\w]+)?\.ts$/

/** What a folder or file may import of ours. */
const arrows: [RegExp, RegExp][] = [
  [/^src\/(schemas|problems|operation)\.ts$/, /^never$/],
  [/^src\/operations\.ts$/, /^src\/operation\.ts$/],
  [/^src\/policy\.ts$/, /^src\/(places|problems)\.ts$/],
  [/^src\/upstream\//, /^(src\/upstream\/|src\/(exact-json|operation|permit|problems|schemas)\.ts$|config\/secret\.ts$)/],
  [
    /^src\/session\//,
    /^(src\/session\/|src\/http\/|src\/upstream\/http-client\.ts$|src\/(ids|memo|operation|operations|policy|problems|random|redis)\.ts$)/,
  ],
  [
    /^src\/journal\//,
    /^(src\/journal\/|src\/http\/|src\/(audit|exact-json|ids|memo|messages|operation|operations|permit|policy|printable|problems|random|redis)\.ts$)/,
  ],
  [/^src\/sandbox\//, /^src\/(sandbox\/|upstream\/http-client\.ts$)/],
  [/^src\/http\//, /^src\/(http\/|exact-json\.ts$|places\.ts$|problems\.ts$|logger\.ts$|memo\.ts$|random\.ts$)/],
]

describe('imports', () => {
  test('are found at all', () => {
    expect(importsOf('src/app.ts')).toEqual(expect.arrayContaining(['src/pipeline.ts', 'src/session/sessions.ts']))
    expect(importsOf('src/operation.ts')).toEqual([])
  })

  test('express is opened by what serves routes', () => {
    expect(files.filter((file) => importsOf(file).includes('express') && !expressDoors.test(file))).toEqual([])
  })

  test.each(arrows.map(([from, to]) => [from.source, from, to] as const))('of %s point where they may', (_name, from, to) => {
    const astray = files
      .filter((file) => from.test(file))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => /^(src|config)\//.test(target) && !to.test(target))
          .map((target) => `${file} → ${target}`),
      )
    expect(astray).toEqual([])
  })

  test('the process is touched only where it is started or ended', () => {
    const allowed = /(^|\/)(main|run|cli|signals)\.ts$/
    expect(
      files.filter((file) => !allowed.test(file) && /\bprocess\.(env|exit|argv|on|once|std)/.test(readFileSync(file, 'utf8'))),
    ).toEqual([])
  })

  test('no file is longer than 250 lines', () => {
    expect(files.filter((file) => readFileSync(file, 'utf8').split('\n').length > 251)).toEqual([])
  })
})
