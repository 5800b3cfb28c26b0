/** Requests and answers that are made with the prototypes of an Express app, which Express would
 * set on each of them, for a twentieth of a hot read. */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'

type Class = new (...args: never[]) => object

/** An instance with this very prototype; a subclass would put one of its own before it. */
const withPrototype = <C extends Class>(base: C, prototype: object): C => {
  function Message(...args: unknown[]): object {
    return Reflect.construct(base, args, Message)
  }
  Message.prototype = prototype
  return Message as unknown as C
}

export type MessagePrototypes = Pick<Express, 'request' | 'response'>

export const messageClasses = ({ request, response }: MessagePrototypes) => ({
  IncomingMessage: withPrototype(IncomingMessage, request),
  ServerResponse: withPrototype(ServerResponse, response),
})
