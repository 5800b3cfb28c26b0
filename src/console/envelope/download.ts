/** The download of an envelope: what a search finds, with all that is needed to check it. */
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { Problem } from '../../contract/problems.ts'
import type { CheckedRequest } from '../../http/endpoint-handler.ts'
import type { Readers } from '../../journal/readers.ts'
import type { Session } from '../../session/record.ts'
import type { Sessions } from '../../session/sessions.ts'
import { stillReads } from '../authorization.ts'
import type { apiEndpoints } from '../endpoints.ts'
import { fileName } from '../file-name.ts'
import { searchIn } from '../search.ts'
import { type EnvelopeOptions, makeEnvelope } from './envelope.ts'
import { type File, tar } from './tar.ts'

export interface EnvelopeParts extends Pick<EnvelopeOptions, 'sealer' | 'keys'> {
  readonly bulk: Readers['bulk']
  readonly during: Readers['during']
  readonly sessions: Pick<Sessions, 'current'>
}

const programs: readonly File[] = [
  { name: 'check.mjs', bytes: readFileSync(new URL('./check.js', import.meta.url)) },
  { name: 'check.go', bytes: readFileSync(new URL('./check.go', import.meta.url)) },
]

export const createEnvelopeDownload =
  ({ bulk: store, during, sealer, keys, sessions }: EnvelopeParts) =>
  async ({ who: session, query: words, req, res }: CheckedRequest<typeof apiEndpoints.download_envelope, Session>): Promise<void> => {
    const filter = searchIn(words, session.app)
    const mayGoOn = stillReads(sessions, req)
    await during('export', session, async () => {
      const now = new Date()
      const search = new URLSearchParams(words as Record<string, string>).toString()
      const files = await makeEnvelope({ store, sealer, keys, filter, programs, search, now })
      const name = fileName('audit', session.app, words, now)
      const bytes = await promisify(gzip)(tar(name, files, now))
      if (!(await mayGoOn())) throw new Problem('unauthorized')
      res.setHeader('Content-Disposition', `attachment; filename="${name}.tar.gz"`)
      res.type('application/gzip').send(bytes)
    })
  }
