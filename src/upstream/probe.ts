/** A read of a user that nobody has: it shows whether the vendor takes a key and knows the app. */
import type { UpstreamApp, UpstreamKey } from '../../config/apps.ts'
import { Secret } from '../../config/secret.ts'
import type { Trial } from '../../config/secret-files.ts'
import { Problem } from '../contract/problems.ts'
import { createUpstream } from './client.ts'
import { probeCall } from './isolation.ts'
import { isUserMissing } from './result.ts'

const timeMs = 5_000
const quiet = { alarm: () => {}, odd: () => {}, called: () => {} }

/** Undefined when all is well, else what is wrong: `upstream_credentials`,
 * `upstream_misconfigured`, or no clear answer. */
export const probeKey = async (app: UpstreamApp, key: UpstreamKey): Promise<Problem | undefined> => {
  const upstream = createUpstream(quiet, { timeLimit: () => timeMs })
  try {
    await upstream.call({ ...app, keys: [key] }, probeCall)
    return undefined
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    if (error.code !== 'user_not_found') return error
    // A 404 that does not speak of a user comes from something that is not the API.
    const { vendorCode: code, vendorDescription: description } = error.particulars
    return isUserMissing({ code, description })
      ? undefined
      : new Problem('upstream_misconfigured', { outcome: 'failure', upstreamStatus: 404 })
  } finally {
    upstream.close()
  }
}

/** Whether the vendor takes a new secret, before a wrong one replaces a good one. */
export const keyTrial =
  (apps: readonly UpstreamApp[]): Trial =>
  (secret, text) => {
    for (const app of apps)
      for (const key of app.keys) if (key.secret === secret) return probeKey(app, { id: key.id, secret: new Secret(text) }).then(verdictOf)
    return undefined
  }

const verdictOf = (problem: Problem | undefined): 'taken' | 'refused' | 'unclear' => {
  if (problem?.code === 'upstream_credentials') return 'refused'
  return problem === undefined || problem.particulars.outcome === 'failure' ? 'taken' : 'unclear'
}
