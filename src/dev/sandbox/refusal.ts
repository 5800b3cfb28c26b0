/** A refusal in the vendor's form, `{"error":{"code","description"}}`, and its text by status. */

// biome-ignore format: a table is read down its columns
const words: Record<number, readonly [code: string, description: string]> = {
  400: ['bad_request',              'The request is malformed'],
  401: ['unauthorized',             'Authorization is required'],
  402: ['payment_required',         'Not available on this plan'],
  403: ['forbidden',                'Invalid scope'],
  404: ['not_found',                'Not found'],
  409: ['conflict',                 'The object is being changed'],
  413: ['request_entity_too_large', 'Request entity too large'],
  423: ['locked',                   'Message limit of this conversation reached'],
  429: ['too_many_requests',        'Too many requests'],
}

export class Refusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, particulars: { code?: string; description?: string } = {}) {
    const [code, description] = words[status] ?? ['internal_server_error', 'Internal server error']
    super(particulars.description ?? description)
    this.name = 'Refusal'
    this.status = status
    this.code = particulars.code ?? code
  }

  get body() {
    return { error: { code: this.code, description: this.message } }
  }
}

export const badRequest = (description: string) => new Refusal(400, { description })
export const notFound = (what: 'app' | 'user' | 'integration' | 'webhook') =>
  new Refusal(404, { code: `${what}_not_found`, description: `${what[0]!.toUpperCase()}${what.slice(1)} not found` })
