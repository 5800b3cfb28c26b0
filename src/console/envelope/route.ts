/** The download of an envelope: what a search finds, with all that is needed to check it. */
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { Request, Response } from 'express'
import { checkQuery, rawQueryOf } from '../../http/query.ts'
import type { Readers } from '../../journal/readers.ts'
import type { Sessions } from '../../session/sessions.ts'
import { fileName } from '../file-name.ts'
import { enterReader } from '../reader.ts'
import { searchIn, searchNames } from '../search.ts'
import { type EnvelopeOptions, makeEnvelope } from './envelope.ts'
import { tar } from './tar.ts'

export interface EnvelopeParts extends Pick<EnvelopeOptions, 'sealer' | 'keys'> {
  readonly sessions: Sessions
  readonly bulk: Readers['bulk']
  readonly during: Readers['during']
}

const program = readFileSync(new URL('./check.js', import.meta.url))

export const envelopeRoute =
  ({ sessions, bulk: store, during, sealer, keys }: EnvelopeParts) =>
  async (req: Request, res: Response): Promise<void> => {
    const session = await enterReader(sessions, req, res, 'stream')
    const words = checkQuery(rawQueryOf(req.originalUrl), [], searchNames)
    const filter = searchIn(words, session.app)
    await during('export', session, async () => {
      const now = new Date()
      const files = await makeEnvelope({
        store,
        sealer,
        keys,
        filter,
        program,
        search: new URLSearchParams(words as Record<string, string>).toString(),
        now,
      })
      const name = fileName('audit', session.app, words, now)
      res.setHeader('Content-Disposition', `attachment; filename="${name}.tar.gz"`)
      res.type('application/gzip').send(await promisify(gzip)(tar(name, files, now)))
    })
  }
