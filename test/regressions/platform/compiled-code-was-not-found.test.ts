/** The image kept the compiled code of its build for root, whom it does not run as: Node looks in a folder for each user, so every start compiled all, and each thread loaded the compiler of TypeScript. And threads looked in
 * another folder than NODE_COMPILE_CACHE says. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { expect, test } from '@jest/globals'
import { dockerfile, stage } from '../../support/image.ts'
import { processEnv, startProcess } from '../../support/service-process.ts'

/** What Node tells of its cache. */
const debug = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE' }
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found]) => found!)
const worker = '/src/journal/store/sqlite/worker.ts'

test('what the build of the image leaves behind is all that a start, its threads and the reference load', async () => {
  const [, user, commands] = /setpriv --reuid=(\d+) .* sh -c '(.+)'/.exec(dockerfile)!
  expect(dockerfile).toContain(`\nUSER ${user}\n`)
  expect(dockerfile).toContain(`chown ${user} .cache`)
  const folder = stage()
  try {
    const compiled = { NODE_COMPILE_CACHE: join(folder, '.cache') }
    const env = { ...process.env, ...compiled, PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) }
    expect(spawnSync('sh', ['-c', commands!], { cwd: folder, env }).status).toBe(0)
    const redis = { REDIS_URL: process.env['TEST_REDIS_URL']! }
    await using service = await startProcess({ ...processEnv, ...debug, ...compiled, ...redis }, { cwd: folder })
    expect((await fetch(`${service.publicUrl}/bff/docs`)).status).toBe(200)
    const output = service.output()
    expect(all(output, /reading cache from \S+ for \S+ (\S+?)\.\.\. ?no such file/g)).toEqual([])
    const found = all(output, /V8 code cache for \S+ (\S+) was accepted/g)
    expect(found.length).toBeGreaterThan(500)
    // On a busy machine a thread may still be loading when the start is over and the flags change.
    expect(all(output, /V8 code cache for \S+ (\S+) was rejected/g).length).toBeLessThan(found.length / 10)
    expect(found.filter((file) => file.endsWith(worker))).toHaveLength(2)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test('threads look where NODE_COMPILE_CACHE says, as the process does', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bff-compiled-'))
  try {
    await using service = await startProcess({ ...processEnv, ...debug, NODE_COMPILE_CACHE: folder })
    const places = all(service.output(), /reading cache from (\S+) for /g)
    expect(places.filter((place) => !place.startsWith(folder))).toEqual([])
    expect(all(service.output(), /reading cache from (\S+) for StrippedTypeScript \S+\/sqlite\/worker\.ts/g)).toHaveLength(2)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
