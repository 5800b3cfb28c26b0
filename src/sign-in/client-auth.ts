/** How this service proves to an identity provider which client it is. */
import { createPrivateKey } from 'node:crypto'
import * as openid from 'openid-client'
import type { ProviderClient } from '../../config/providers.ts'

/** Secrets are revealed for each call, since they may have been replaced. */
export const clientAuth =
  ({ auth, secret, key, keyId }: ProviderClient): openid.ClientAuth =>
  async (...call) => {
    if (auth === 'client_secret_post') return openid.ClientSecretPost(secret!.reveal())(...call)
    if (auth === 'client_secret_basic') return openid.ClientSecretBasic(secret!.reveal())(...call)
    const der = createPrivateKey(key!.reveal())
    const signing = await cryptoKeyOf(der)
    return openid.PrivateKeyJwt(keyId === undefined ? signing : { key: signing, kid: keyId })(...call)
  }

const cryptoKeyOf = (key: ReturnType<typeof createPrivateKey>): Promise<CryptoKey> => {
  const algorithm =
    key.asymmetricKeyType === 'ec'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : key.asymmetricKeyType === 'ed25519'
        ? { name: 'Ed25519' }
        : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
  return crypto.subtle.importKey('pkcs8', new Uint8Array(key.export({ type: 'pkcs8', format: 'der' })), algorithm, false, ['sign'])
}
