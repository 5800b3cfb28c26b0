/** The cookie of a user who signs in at a server of the bench. */
import type { Running } from './child.ts'
import type { Kind } from './comparison.ts'

export const cookieOf = async (kind: Kind, { told }: Pick<Running, 'told'>, userId: string): Promise<string> => {
  if (kind === 'BARE') return 'none=0'
  const answer =
    kind === 'HAND' || kind === 'PLAIN'
      ? (await fetch(`${told['url']}/login/${userId}`, { method: 'POST' })).headers.get('set-cookie')
      : (
          (await (
            await fetch(`${told['privateUrl']}/sessions`, {
              method: 'POST',
              headers: { authorization: `Bearer ${told['serviceKey']}`, 'content-type': 'application/json' },
              body: JSON.stringify({ kind: 'cookie', userId }),
            })
          ).json()) as { setCookie?: string }
        ).setCookie
  return String(answer).split(';')[0]!
}
