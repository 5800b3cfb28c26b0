/** The stand-in for the vendor, as the checks find it. */
import { startSandbox } from '../../src/dev/sandbox/sandbox.ts'
import { appId, keyId } from '../support/bff.ts'
import { canaryKey } from '../support/canaries.ts'

export const startVendor = async (all: AsyncDisposableStack, webhook?: { target: string; secret: string; triggers?: string[] }) => {
  const apps = [{ appId, keys: [{ id: keyId, secret: canaryKey, scope: 'app' as const }] }] as const
  return all.use(await startSandbox({ apps, ...(webhook && { webhook }) }))
}
