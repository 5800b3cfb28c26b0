/** A `fetch` for web pages that tells how far an upload is: by XMLHttpRequest, since their own
 * cannot. Apart from the client, so that pages without uploads do not load it. */

export interface Progress {
  /** Bytes that were sent. */
  readonly loaded: number
  /** Bytes of the whole form: the file and some hundred more. */
  readonly total: number
}

/**
 * For the option `fetch` of a call. A call that is repeated with a renewed token begins anew at 0.
 * On the page's own origin the cookie is always sent, beside a token too.
 */
export const fetchWithProgress =
  (onProgress: (progress: Progress) => void): typeof fetch =>
  (input, { method = 'GET', headers, body, credentials, signal } = {}) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest()
      const fail = (): void => reject(signal?.aborted ? signal.reason : new TypeError('No answer came.'))
      const abort = (): void => request.abort()
      const { url } = new Request(input)
      request.open(method, url)
      request.responseType = 'blob'
      request.withCredentials = credentials === 'include'
      for (const [name, value] of new Headers(headers)) request.setRequestHeader(name, value)
      request.upload.onprogress = ({ loaded, total }) => onProgress({ loaded, total })
      request.onerror = request.onabort = fail
      request.onload = () => {
        // A redirect was followed, which `fetch` is told not to do.
        if (request.responseURL !== url) return fail()
        resolve(answerOf(request))
      }
      request.onloadend = () => signal?.removeEventListener('abort', abort)
      if (signal?.aborted) return fail()
      signal?.addEventListener('abort', abort)
      request.send(body as XMLHttpRequestBodyInit | null)
    })

const answerOf = (request: XMLHttpRequest): Response => {
  const { status, response } = request
  const lines = request.getAllResponseHeaders().trim().split('\r\n')
  const headers = lines.map((line): [string, string] => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()])
  return new Response(status === 204 ? null : (response as Blob), { status, headers })
}
