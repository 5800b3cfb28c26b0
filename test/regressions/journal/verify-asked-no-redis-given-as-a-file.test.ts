/** The command line did not read JOURNAL_URL_FILE and REDIS_URL_FILE, as the service does: it missed the journal, and called one intact whose end an anchor would have missed. Then it read the file alone: who named a backup beside a file of settings verified the journal of the service, and was told that all is well. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { anchorOn } from '../../../src/journal/log/anchor.ts'
import { connectRedis } from '../../../src/platform/redis/client.ts'
import { makePlace } from '../../journal/place.ts'
import { journalCli } from '../../support/journal-cli.ts'
import { redisInstalled, startRedis } from '../../support/redis.ts'

// Its absence is named once by scripts/provide.ts.
const needsRedis = redisInstalled() ? test : test.skip

needsRedis('verify meets the journal and the anchor that files name', async () => {
  await using place = makePlace()
  const it = await place.open()
  const { journal } = it.store
  await it.guard.close()
  const server = await startRedis()
  try {
    const redis = await connectRedis(server.url, {}, () => undefined)
    await anchorOn(redis, 'any').raise(journal, { size: 1000, root: 'x' })
    redis.close()
    const files = {
      JOURNAL_URL_FILE: `sqlite:${place.path}`,
      JOURNAL_SIGNING_KEY_FILE: place.key.export({ type: 'pkcs8', format: 'pem' }).toString(),
      JOURNAL_SEALING_KEY_FILE: Buffer.alloc(32, 7).toString('base64'),
      REDIS_URL_FILE: server.url,
    }
    const env: Record<string, string> = { REDIS_URL: '', JOURNAL_URL: '' }
    for (const [name, content] of Object.entries(files)) {
      env[name] = join(place.directory, name)
      writeFileSync(env[name], `${content}\n`)
    }
    const { status, stdout } = spawnSync(process.execPath, ['src/journal/cli/main.ts', 'verify'], { env, encoding: 'utf8' })
    expect([status, JSON.parse(stdout)]).toEqual([1, expect.objectContaining({ ok: false, anchors: 1 })])
  } finally {
    await server.stop()
  }
})

test.each(['JOURNAL_URL', 'JOURNAL_SIGNING_KEY', 'JOURNAL_SEALING_KEY'])(
  '%s beside its file is refused, as by the service',
  async (name) => {
    await using place = makePlace()
    const file = join(place.directory, name)
    writeFileSync(file, 'sqlite:other.db')
    const both = { JOURNAL_URL: `sqlite:${place.path}`, [name]: 'sqlite:one.db', [`${name}_FILE`]: file }
    expect(await journalCli(both, ['verify'])).toEqual({ code: 2, text: expect.stringContaining(`${name} and ${name}_FILE are both set`) })
  },
)
