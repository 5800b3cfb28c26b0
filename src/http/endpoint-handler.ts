/** The handler of a row: the caller, query and body, then the work of the route, and its answer. */
import type { Request, Response, Router } from 'express'
import type { z } from 'zod'
import { checkBody } from '../contract/body-faults.ts'
import { bodyErrors, type Endpoint, type Endpoints, type Media, type RowHandler, routes } from './endpoint.ts'
import { bringsBody, discardBody, isForm, readForm, readJson } from './request/body.ts'
import { checkQuery, pickQuery, rawQueryOf } from './request/query.ts'

/** The check of a caller: before the body, and again after it, since that may take long. */
export interface Authorization<Who, Id = string> {
  readonly enter: (asked: Asked<Id>) => Who | Promise<Who>
  readonly again?: (who: Who, asked: Asked<Id>) => Promise<Who>
}

/** A request, and the row that it asks for. */
export interface Asked<Id = string> {
  readonly req: Request
  readonly res: Response
  readonly row: Endpoint
  readonly id: Id
}

/** No check of its own: for routes whose caller proves something by the body. */
export const anyone: Authorization<undefined> = { enter: () => undefined }

type QueryOf<Row> = Row extends { readonly query: infer Query } ? { readonly [Name in keyof Query]?: string } : unknown
type BodyOf<Row> = Row extends { readonly body: { readonly read: (req: never) => Promise<infer Read> } }
  ? Read
  : Row extends { readonly body: { readonly required: infer Required; readonly content: infer Content } }
    ?
        | (Content[keyof Content] extends { readonly schema: infer Schema extends z.ZodType } ? z.output<Schema> : never)
        | (Required extends true ? never : undefined)
    : undefined

/** A request whose parts are checked by its row. */
export interface CheckedRequest<Row, Who> {
  readonly who: Who
  readonly query: QueryOf<Row>
  readonly body: BodyOf<Row>
  readonly params: Readonly<Record<string, string>>
  readonly req: Request
  readonly res: Response
}

/** Returns the JSON of the answer; undefined without a body, or when it has answered. */
type Work<Row, Who> = (checked: CheckedRequest<Row, Who>) => Promise<unknown>

const jsonMedia = 'application/json'
const formMedia = 'application/x-www-form-urlencoded'

const readBody = async (req: Request, { body, errors }: Endpoint): Promise<unknown> => {
  if (!body) return errors.includes(bodyErrors[0]) ? await discardBody(req) : undefined
  if (!body.required && !bringsBody(req)) return undefined
  if (body.read) return await body.read(req)
  const { [jsonMedia]: json, [formMedia]: form }: Readonly<Record<string, Media>> = body.content
  return form && (!json || isForm(req)) ? checkBody(form.schema!, await readForm(req)) : checkBody(json!.schema!, await readJson(req))
}

const handler = <Row extends Endpoint, Who, Id>(
  id: Id,
  row: Row,
  authorization: Authorization<Who, Id>,
  work: Work<Row, Who>,
): RowHandler => {
  const statuses = Object.keys(row.answers).map(Number)
  const withBody = statuses.find((status) => row.answers[status]!.content)
  const withoutBody = statuses.find((status) => !row.answers[status]!.content)
  const names = Object.keys(row.query ?? {})
  const endpoint = async (req: Request, res: Response): Promise<void> => {
    const asked = { req, res, row, id }
    const entered = await authorization.enter(asked)
    const raw = rawQueryOf(req.originalUrl)
    const query = row.lenientQuery ? pickQuery(raw, names) : checkQuery(raw, [], names)
    const body = await readBody(req, row)
    const who = authorization.again ? await authorization.again(entered, asked) : entered
    const answer = await work({ who, query, body, params: req.params, req, res } as CheckedRequest<Row, Who>)
    if (answer !== undefined) res.status(withBody!).json(answer)
    else if (!(res.headersSent || res.destroyed)) res.status(withoutBody!).end()
  }
  return Object.assign(endpoint, { row })
}

/** The handlers of rows that have one authorization. */
export const handlers = <Rows extends Endpoints, Who>(
  rows: Rows,
  authorization: Authorization<Who, keyof Rows>,
  works: { readonly [Id in keyof Rows]: Work<Rows[Id], Who> },
): { readonly [Id in keyof Rows]: RowHandler } =>
  Object.fromEntries(Object.entries(rows).map(([id, row]) => [id, handler(id, row, authorization, works[id]!)])) as {
    [Id in keyof Rows]: RowHandler
  }

/** The routes of such rows, without middleware of their own. */
export const handledRoutes = <Rows extends Endpoints, Who>(
  rows: Rows,
  authorization: Authorization<Who, keyof Rows>,
  works: { readonly [Id in keyof Rows]: Work<Rows[Id], Who> },
): Router => routes(rows, handlers(rows, authorization, works))
