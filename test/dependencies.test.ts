/** docs/architecture.md names each package with its reason, and a package is opened where it says. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'

const page = readFileSync('docs/architecture.md', 'utf8')
const { dependencies, devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, Record<string, string>>

/** The cells of a section's table, without its head. */
const rowsOf = (heading: string): string[][] =>
  page
    .split(`### ${heading}\n`)[1]!
    .split(/\n##+ /)[0]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.split('|').slice(1, -1))
const quoted = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

const runTime = rowsOf('At run time').map(([name, doors, why]) => ({ name: quoted(name)[0]!, doors: quoted(doors), why: why!.trim() }))

const files = ['src', 'config'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`),
)
/** Types cost nothing at run time and may be imported anywhere. */
const opens = (file: string, name: string): boolean =>
  [...readFileSync(file, 'utf8').matchAll(/^import (type )?[^'"]*?['"]([^'"]+)['"]|\bimport\(['"]([^'"]+)['"]\)/gm)].some(
    ([, type, first, second]) => !type && [first, second].some((from) => from === name || from?.startsWith(`${name}/`)),
  )

describe('packages', () => {
  test('each one that runs is named with its reason', () => {
    expect(new Set(runTime.map(({ name }) => name))).toEqual(new Set(Object.keys(dependencies!)))
    for (const { name, why } of runTime) expect([name, why.length > 10]).toEqual([name, true])
  })

  test('so is each one of development', () => {
    const named = rowsOf('For development').flatMap(([names]) => quoted(names))
    expect(new Set(named)).toEqual(new Set(Object.keys(devDependencies!)))
  })

  test('none of those that were left is here', () => {
    const left = rowsOf('Considered and left').flatMap(([name]) => quoted(name))
    expect(left.length).toBeGreaterThan(4)
    expect(left.filter((name) => Object.hasOwn(dependencies!, name))).toEqual([])
  })

  test.each(runTime.filter(({ doors }) => doors.length > 0).map(({ name, doors }) => [name, doors] as const))(
    '%s is opened there alone',
    (name, doors) => {
      expect(new Set(files.filter((file) => opens(file, name)))).toEqual(new Set(doors))
    },
  )

  test('versions are exact', () => {
    const versions = Object.entries({ ...dependencies, ...devDependencies })
    expect(versions.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([])
  })
})
