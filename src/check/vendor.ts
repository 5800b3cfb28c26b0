/** The vendor: whether each key is taken, and the app known. */
import type { App, UpstreamKey } from '../../config/apps.ts'
import { errorMessage } from '../platform/error-message.ts'
import { probeKey } from '../upstream/probe.ts'
import type { Configuration } from './configuration.ts'
import { type Finding, fault, ok } from './finding.ts'

export const checkVendor = ({ apps }: Configuration): Promise<Finding[]> =>
  Promise.all(apps.flatMap((app) => app.keys.map((key) => lookAt(app, key))))

const lookAt = async (app: App, key: UpstreamKey): Promise<Finding> => {
  const { origin } = new URL(app.baseUrl)
  const problem = await probeKey(app, key)
  if (!problem) return ok(`${origin} takes the key ${key.id} and knows the app ${app.appId}`)
  const { cause, upstreamStatus } = problem.particulars
  if (problem.code === 'upstream_credentials')
    return fault(
      `${origin} refuses the key ${key.id} of the app ${app.appId} (${upstreamStatus ?? 'it cannot stand in a header'})`,
      'check id and secret, that the key was not deleted at the vendor, and that this clock is right',
    )
  if (problem.code === 'upstream_misconfigured')
    return fault(
      `${app.baseUrl} does not know the app ${app.appId}, or is not the API`,
      'check SMOOCH_APP_ID and SMOOCH_BASE_URL (in APPS_FILE: appId and baseUrl)',
    )
  const why = upstreamStatus === undefined ? errorMessage(cause ?? problem) : `it answers ${upstreamStatus}`
  return fault(`${origin} gives no clear answer: ${why}`, 'check SMOOCH_BASE_URL, the network and the proxy')
}
