/** Routes of the documents: `/openapi.json`, and `/docs`, the same as a page. Each is made once,
 * when it is first asked for: at the start they would be a tenth of its time. */

import { readFile } from 'node:fs/promises'
import type { RequestHandler, Response, Router } from 'express'
import type { SignInAddress } from '../console/routes/screen.ts'
import type { Operation } from '../contract/operation.ts'
import { routes } from '../http/endpoint.ts'
import { anyone, handledRoutes, handlers } from '../http/endpoint-handler.ts'
import { asPage } from '../http/response-headers.ts'
import { docsEndpoints, privateDocsEndpoints } from './openapi-endpoints.ts'

interface Options {
  readonly basePath: string
  /** The rows, with this deployment's callers. */
  readonly operations: readonly Operation[]
  /** The limit of calls per address. */
  readonly pages: RequestHandler
  readonly signIn: SignInAddress | undefined
}

/** The elements are those of the console. */
const styles = [
  new URL('../http/browser/base.css', import.meta.url),
  new URL('../console/browser/elements.css', import.meta.url),
  new URL('./browser/docs.css', import.meta.url),
  new URL('./browser/samples.css', import.meta.url),
]
const script = new URL('./browser/docs.js', import.meta.url)

const textOf = async (files: readonly URL[]): Promise<string> => (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('')

const serve = (type: string, make: () => Promise<string>) => {
  let made: Promise<Buffer> | undefined
  return async ({ res }: { readonly res: Response }): Promise<void> => {
    made ??= make().then(
      (text) => Buffer.from(text),
      (error: unknown) => {
        // What failed once is tried again, and not remembered.
        made = undefined
        throw error
      },
    )
    res.type(type).send(await made)
  }
}

/** To be mounted at the base path. */
export const docsRoutes = ({ basePath, operations, pages, signIn }: Options): Router => {
  const document = async () => (await import('./openapi.ts')).openapiDocument(basePath, operations)
  const page = async (): Promise<string> => {
    const [{ readDocument }, { referencePage }] = await Promise.all([import('./reference/document.ts'), import('./reference/page.ts')])
    return referencePage(readDocument(await document()), { signIn: signIn?.({ returnTo: `${basePath}/docs`, stepUp: false }) })
  }
  const run = handlers(docsEndpoints, anyone, {
    openapi: serve('json', async () => JSON.stringify(await document())),
    docs: serve('html', page),
    docs_style: serve('css', () => textOf(styles)),
    docs_script: serve('js', () => textOf([script])),
  })
  return routes(docsEndpoints, {
    openapi: [pages, run.openapi],
    docs: [asPage, pages, run.docs],
    docs_style: [asPage, pages, run.docs_style],
    docs_script: [asPage, pages, run.docs_script],
  })
}

/** On the private listener. */
export const privateDocsRoutes = (): Router =>
  handledRoutes(privateDocsEndpoints, anyone, {
    openapi_private: serve('json', async () => JSON.stringify((await import('./openapi.ts')).privateDocument())),
  })
