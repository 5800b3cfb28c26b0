/** A browser reduced to what signing in needs: it keeps cookies by host, follows redirects and page refreshes, and fills in the provider's form. */

export interface Visit {
  readonly url: string
  readonly status: number
  readonly text: string
  readonly headers: Headers
}

export interface Walker {
  /** Cookies by host and name. */
  readonly cookies: Map<string, Map<string, string>>
  visit(url: string, options?: RequestInit): Promise<Visit>
  /** From the first address to where the refresh page of the service would go on; signs in as `login` when asked to. */
  signIn(url: string, login: string): Promise<{ readonly to: string | undefined; readonly last: Visit }>
  /** Signs out at the provider, by its own page. */
  signOutThere(issuer: string): Promise<void>
  /** The session cookie as a header, with what the page would add. */
  headers(origin: string): Record<string, string>
}

export const createWalker = (): Walker => {
  const cookies: Walker['cookies'] = new Map()
  const jarOf = (url: string) => {
    const { hostname } = new URL(url)
    const jar = cookies.get(hostname) ?? new Map<string, string>()
    cookies.set(hostname, jar)
    return jar
  }
  const visit: Walker['visit'] = async (url, options = {}) => {
    const jar = jarOf(url)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...(cookie && { cookie }), ...(options.headers as Record<string, string>) }
    const response = await fetch(url, { ...options, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
      const over = attributes.some((it) => /^max-age=0$/i.test(it) || (/^expires=/i.test(it) && Date.parse(it.slice(8)) < Date.now()))
      if (over || value === '') jar.delete(name)
      else jar.set(name, value)
    }
    return { url, status: response.status, text: await response.text(), headers: response.headers }
  }
  return {
    cookies,
    visit,
    headers: (origin) => ({ cookie: `bff-dev=${jarOf(origin).get('bff-dev') ?? ''}`, 'x-bff-csrf': '1', 'sec-fetch-site': 'same-origin' }),
    signOutThere: async (issuer) => {
      const { url, text } = await visit(`${issuer.replace(/\/$/, '')}/session/end`)
      const [xsrf, action] = [/name="xsrf" value="([^"]+)"/, /action="([^"]+)"/].map((pattern) => pattern.exec(text)![1]!)
      await visit(new URL(action!, url).href, { method: 'POST', body: new URLSearchParams({ xsrf: xsrf!, logout: 'yes' }) })
    },
    signIn: async (url, login) => {
      let at = await visit(url)
      for (let steps = 0; steps < 15; steps++) {
        const location = at.headers.get('location')
        const form = /<form[^>]*action="([^"]+)"/.exec(at.text)
        if (location) at = await visit(new URL(location, at.url).href)
        else if (form) {
          const hidden = [...at.text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [name!, value!])
          const body = new URLSearchParams({ login, password: 'x', ...Object.fromEntries(hidden) })
          at = await visit(new URL(form[1]!, at.url).href, { method: 'POST', body })
        } else {
          const to = /http-equiv="refresh" content="0; url=([^"]*)"/.exec(at.text)?.[1]?.replaceAll('&amp;', '&')
          return { to, last: at }
        }
      }
      throw new Error('signing in did not come to an end')
    },
  }
}
