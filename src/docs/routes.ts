/** Routes of the documents: `/openapi.json`, and `/docs`, the same as a page; both made once for this
 * deployment. */

import { readFileSync } from 'node:fs'
import type { RequestHandler, Router } from 'express'
import type { SignInAddress } from '../console/routes.ts'
import type { Operation } from '../contract/operation.ts'
import { routes } from '../http/endpoint.ts'
import { asPage } from '../http/response-headers.ts'
import { openapiDocument, privateDocument } from './openapi.ts'
import { docsEndpoints, privateDocsEndpoints } from './openapi-endpoints.ts'
import { readDocument } from './reference/document.ts'
import { referencePage } from './reference/page.ts'

interface Options {
  readonly basePath: string
  /** The rows, with this deployment's callers. */
  readonly operations: readonly Operation[]
  /** The limit of calls per address. */
  readonly pages: RequestHandler
  readonly signIn: SignInAddress | undefined
}

const textOf = (file: URL): string => readFileSync(file, 'utf8')

/** The elements are those of the console. */
const styles = [
  new URL('../console/browser/elements.css', import.meta.url),
  new URL('./browser/docs.css', import.meta.url),
  new URL('./browser/samples.css', import.meta.url),
]

/** To be mounted at the base path. */
export const docsRoutes = ({ basePath, operations, pages, signIn }: Options): Router => {
  const serve = (type: string, text: string, ...before: RequestHandler[]): RequestHandler[] => {
    const bytes = Buffer.from(text)
    return [...before, pages, (_req, res) => void res.type(type).send(bytes)]
  }
  const document = openapiDocument(basePath, operations)
  const address = signIn?.({ returnTo: `${basePath}/docs`, stepUp: false })
  return routes(docsEndpoints, {
    openapi: serve('json', JSON.stringify(document)),
    docs: serve('html', referencePage(readDocument(document), { signIn: address }), asPage),
    docs_style: serve('css', styles.map(textOf).join(''), asPage),
    docs_script: serve('js', textOf(new URL('./browser/docs.js', import.meta.url)), asPage),
  })
}

/** On the private listener. */
export const privateDocsRoutes = (): Router => {
  const document = Buffer.from(JSON.stringify(privateDocument()))
  return routes(privateDocsEndpoints, { openapi_private: (_req, res) => void res.type('json').send(document) })
}
