/** Client authentication at an identity provider. */
import { createPrivateKey } from 'node:crypto'
import * as openid from 'openid-client'
import type { AssertionAlg, ProviderClient } from '../../../config/providers.ts'
import { clockToleranceSeconds } from '../token-rules.ts'
import { ProviderFault } from './faults.ts'

const rsa = (name: string, hash: string) => ({ keys: ['rsa'], import: { name, hash } })
const ec = (namedCurve: string, curve: string) => ({ keys: [curve], import: { name: 'ECDSA', namedCurve } })
const ed = { keys: ['ed25519'], import: { name: 'Ed25519' } }

/** TABLE: algorithms of client assertions: kinds of key and how they are imported. The first that
 * the provider supports is used. */
// biome-ignore format: a table is read down its columns
const algorithms: Record<AssertionAlg, { readonly keys: readonly string[]; readonly import: { name: string; hash?: string; namedCurve?: string } }> = {
  RS256:   rsa('RSASSA-PKCS1-v1_5', 'SHA-256'),
  PS256:   rsa('RSA-PSS', 'SHA-256'),
  RS384:   rsa('RSASSA-PKCS1-v1_5', 'SHA-384'),
  PS384:   rsa('RSA-PSS', 'SHA-384'),
  RS512:   rsa('RSASSA-PKCS1-v1_5', 'SHA-512'),
  PS512:   rsa('RSA-PSS', 'SHA-512'),
  ES256:   ec('P-256', 'prime256v1'),
  ES384:   ec('P-384', 'secp384r1'),
  ES512:   ec('P-521', 'secp521r1'),
  Ed25519: ed,
  EdDSA:   ed,
}

const kindOf = ({ asymmetricKeyType, asymmetricKeyDetails }: ReturnType<typeof createPrivateKey>): string | undefined =>
  asymmetricKeyType === 'ec' ? asymmetricKeyDetails?.namedCurve : asymmetricKeyType

const choose = (client: ProviderClient, kind: string | undefined, known: unknown): AssertionAlg => {
  const fitting = (Object.keys(algorithms) as AssertionAlg[]).filter((alg) => algorithms[alg].keys.includes(kind ?? ''))
  const chosen =
    client.keyAlg === undefined
      ? (fitting.find((alg) => Array.isArray(known) && known.includes(alg)) ?? fitting[0])
      : fitting.find((alg) => alg === client.keyAlg)
  if (chosen === undefined)
    throw new ProviderFault(
      'operator',
      `the key of OIDC_CLIENT_KEY (${kind ?? 'of an unknown kind'}) does not fit ${client.keyAlg ?? 'any algorithm'}`,
    )
  return chosen
}

/** Read for each call, since it may have been replaced. */
const readKey = (pem: string): ReturnType<typeof createPrivateKey> => {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new ProviderFault('operator', 'the key of OIDC_CLIENT_KEY cannot be read', undefined, cause)
  }
}

const privateKeyJwt =
  (client: ProviderClient): openid.ClientAuth =>
  async (server, ...call) => {
    const key = readKey(client.key!.reveal())
    const alg = choose(client, kindOf(key), server.token_endpoint_auth_signing_alg_values_supported)
    const der = new Uint8Array(key.export({ type: 'pkcs8', format: 'der' }))
    const signing = await crypto.subtle.importKey('pkcs8', der, algorithms[alg].import, false, ['sign'])
    const assertion = {
      [openid.modifyAssertion]: (header: Record<string, unknown>, payload: Record<string, unknown>) => {
        header['alg'] = alg
        if (client.assertionAudience === 'token_endpoint') payload['aud'] = server.token_endpoint
        // Tolerance for a provider whose clock is behind ours.
        payload['iat'] = Number(payload['iat']) - clockToleranceSeconds
        delete payload['nbf']
      },
    }
    return await openid.PrivateKeyJwt(client.keyId === undefined ? signing : { key: signing, kid: client.keyId }, assertion)(
      server,
      ...call,
    )
  }

export const clientAuth = (client: ProviderClient): openid.ClientAuth => {
  if (client.auth === 'private_key_jwt') return privateKeyJwt(client)
  const withSecret = client.auth === 'client_secret_post' ? openid.ClientSecretPost : openid.ClientSecretBasic
  // Revealed for each call, since it may have been replaced.
  return (...call) => withSecret(client.secret!.reveal())(...call)
}
