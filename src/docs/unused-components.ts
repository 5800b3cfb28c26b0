/** A document holds the components that its paths refer to, also by way of others. */
import type { createDocument } from 'zod-openapi'

type Document = ReturnType<typeof createDocument>

/** All values of `$ref`, and names of `security`, wherever they stand. */
export const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => (key === '$ref' ? [String(inner)] : references(inner)))
}

const securityIn = ({ security, paths }: Document): string[] =>
  [security ?? [], ...Object.values(paths ?? {}).flatMap((path) => Object.values(path).map(({ security = [] }) => security))]
    .flat()
    .flatMap((either: object) => Object.keys(either))
    .map((name) => `#/components/securitySchemes/${name}`)

export const withoutUnused = (document: Document): Document => {
  const all = (document.components ?? {}) as Record<string, Record<string, unknown>>
  const used = new Set<string>()
  const use = (refs: readonly string[]): void => {
    for (const ref of refs) {
      if (used.has(ref)) continue
      used.add(ref)
      const [, , kind = '', name = ''] = ref.split('/')
      use(references(all[kind]?.[name]))
    }
  }
  use([...references(document.paths), ...securityIn(document)])
  const components = Object.entries(all).flatMap(([kind, named]) => {
    const left = Object.entries(named).filter(([name]) => used.has(`#/components/${kind}/${name}`))
    return left.length > 0 ? [[kind, Object.fromEntries(left)]] : []
  })
  return { ...document, components: Object.fromEntries(components) }
}
