/** Classes of requests and answers for the server of an Express app. Express changes the prototype of both as they come, and V8 then forgets what it knew of their shape: it is a twentieth of a hot read. */
import { IncomingMessage, ServerResponse } from 'node:http'
import type { Express } from 'express'

type Class = new (...args: never[]) => object

/** Makes what the base makes, with this very prototype; a subclass would put one of its own before it. */
const withPrototype = <C extends Class>(base: C, prototype: object): C => {
  function Message(...args: unknown[]): object {
    return Reflect.construct(base, args, Message)
  }
  Message.prototype = prototype
  return Message as unknown as C
}

export type MessagePrototypes = Pick<Express, 'request' | 'response'>

/** What Express would set is there from the start. */
export const messageClasses = ({ request, response }: MessagePrototypes) => ({
  IncomingMessage: withPrototype(IncomingMessage, request),
  ServerResponse: withPrototype(ServerResponse, response),
})
