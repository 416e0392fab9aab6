import { STATUS_CODES } from 'node:http'

type Schema = {
  $ref?: string
  type?: string | string[]
  const?: unknown
  default?: unknown
  enum?: unknown[]
  examples?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
}
type Media = { schema?: Schema; example?: unknown; examples?: Record<string, { $ref: string } | { value: unknown }> }
type Body = { description?: string; content?: Record<string, Media> }
type Operation = { requestBody?: Body; responses: Record<string, Body> }
type Document = {
  components: { schemas: Record<string, Schema>; examples?: Record<string, { value: unknown }> }
  paths: Record<string, Record<string, Operation>>
}

const prefix = '#/components/schemas/'
const nameOf = ({ $ref }: Schema) => $ref?.slice(prefix.length)

/**
 * The document as clients read it: one schema a thing, a description for each response, an example for each body. Examples are those of
 * the schemas; a body that has none is put together from those of its parts, and one that is a component's is kept once.
 */
export function finishDocument<D extends object>(made: D): D {
  const document = dropTwins(made as unknown as Document)
  const { schemas } = document.components
  const examples: Record<string, { value: unknown }> = {}

  function refer(component: string) {
    examples[component] ??= { value: exampleOf({ $ref: prefix + component }, schemas) }
    return { $ref: `#/components/examples/${component}` }
  }

  for (const { requestBody, responses } of Object.values(document.paths).flatMap(Object.values) as Operation[]) {
    for (const [status, response] of Object.entries(responses))
      if (response.description === 'Default Response') response.description = STATUS_CODES[status] ?? status
    for (const media of [requestBody, ...Object.values(responses)].flatMap((body) =>
      Object.values(body?.content ?? {}),
    )) {
      if (!media.schema || media.example !== undefined || media.examples) continue
      const components = (media.schema.anyOf ?? [media.schema]).map(nameOf)
      if (components.every((name) => name !== undefined))
        media.examples = Object.fromEntries(components.map((name) => [name, refer(name)]))
      else media.example = exampleOf(media.schema, schemas)
    }
  }
  for (const component of Object.keys(examples)) delete schemas[component]!.examples
  document.components.examples = examples
  return document as unknown as D
}

/** zod's transformation makes two of each component, as it is sent and as it is answered: keep what is used, under the plain name. */
function dropTwins(document: Document): Document {
  const { schemas } = document.components
  const used = new Set<string>()
  const use = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    const name = nameOf(node as Schema)
    if (name !== undefined && !used.has(name)) {
      used.add(name)
      use(schemas[name])
    }
    for (const inner of Object.values(node)) use(inner)
  }
  use(document.paths)
  const renamed = new Map<string, string>()
  for (const name of Object.keys(schemas).filter((one) => one.endsWith('Input'))) {
    const plain = name.slice(0, -'Input'.length)
    if (used.has(name) && !used.has(plain)) {
      renamed.set(prefix + name, prefix + plain)
      schemas[plain] = schemas[name]!
    }
    if (!used.has(name) || renamed.has(prefix + name)) delete schemas[name]
  }
  return JSON.parse(JSON.stringify(document), (key, value) => (key === '$ref' ? (renamed.get(value) ?? value) : value))
}

/** An example of what fits a schema. A string without one is a bug: nobody can guess what it looks like. */
function exampleOf(schema: Schema, schemas: Record<string, Schema>): unknown {
  const name = nameOf(schema)
  if (name !== undefined) return exampleOf(schemas[name]!, schemas)
  if (schema.examples) return schema.examples[0]
  if (schema.const !== undefined) return schema.const
  if (schema.default !== undefined) return schema.default
  if (schema.enum) return schema.enum[0]
  const types = [schema.type].flat()
  const either = schema.anyOf ?? schema.oneOf ?? []
  if (types.includes('null') || either.some(({ type }) => type === 'null')) return null
  if (either[0]) return exampleOf(either[0], schemas)
  if (types.includes('boolean')) return true
  if (types.includes('integer') || types.includes('number')) return 1
  if (types.includes('array')) return schema.items ? [exampleOf(schema.items, schemas)] : []
  if (types.includes('object'))
    return Object.fromEntries(
      Object.entries(schema.properties ?? {}).map(([key, value]) => [key, exampleOf(value, schemas)]),
    )
  throw new Error(`bug: no example of ${JSON.stringify(schema)}`)
}
