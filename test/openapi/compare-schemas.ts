/** As much of JSON Schema as the description uses. */
export type Schema = {
  $ref?: string
  type?: string | string[]
  const?: unknown
  enum?: unknown[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  [keyword: string]: unknown
}
export type Schemas = Record<string, Schema>

type Side = { schema: Schema | undefined; schemas: Schemas }
type Compare = (before: Side, after: Side, at: string) => string[]

/** What was good to send and no longer is. */
export const narrowed: Compare = (before, after, at) => {
  const offered = formsOf(after)
  return formsOf(before).flatMap((form) => {
    const matching = offered.filter((other) => isOf(form, other))
    return (
      fewest(matching.map((other) => narrowedForm(form, other, { before, after }, at))) ?? [
        `${at} no longer takes ${nameOf(form)}`,
      ]
    )
  })
}

/** What clients may find in an answer and could not before, and what they no longer find. New values of an enum are announced as allowed. */
export const changed: Compare = (before, after, at) => {
  const known = formsOf(before)
  return formsOf(after).flatMap((form) => {
    const matching = known.filter((other) => isOf(form, other) && markOf(form) === markOf(other))
    const found = fewest(matching.map((other) => changedForm(other, form, { before, after }, at)))
    // A new kind of problem, told by its `type`, is announced as allowed; a null where there was none is not.
    return found ?? (markOf(form) ? [] : [`${at} may now be ${nameOf(form)}`])
  })
}

type Both = { before: Side; after: Side }
const [floors, ceilings] = [
  ['minimum', 'minLength', 'minItems'],
  ['maximum', 'maxLength', 'maxItems'],
]

function narrowedForm(was: Schema, is: Schema, { before, after }: Both, at: string): string[] {
  const found: string[] = []
  const values = valuesOf(is)
  if (values && !valuesOf(was)?.every((value) => values.includes(value))) found.push(`${at} takes fewer values`)
  for (const keyword of floors!)
    if (bound(is, keyword, -Infinity) > bound(was, keyword, -Infinity)) found.push(`${at} has a higher ${keyword}`)
  for (const keyword of ceilings!)
    if (bound(is, keyword, Infinity) < bound(was, keyword, Infinity)) found.push(`${at} has a lower ${keyword}`)
  for (const keyword of ['pattern', 'format'])
    if (is[keyword] !== undefined && is[keyword] !== was[keyword]) found.push(`${at} has another ${keyword}`)
  for (const name of is.required ?? []) if (!was.required?.includes(name)) found.push(`${at}.${name} is required now`)
  if (is.additionalProperties === false && was.additionalProperties !== false)
    found.push(`${at} refuses other fields now`)
  for (const [name, schema] of Object.entries(was.properties ?? {}))
    if (is.properties?.[name])
      found.push(...narrowed({ ...before, schema }, { ...after, schema: is.properties[name] }, `${at}.${name}`))
    else found.push(`${at}.${name} is gone`)
  if (is.items) found.push(...narrowed({ ...before, schema: was.items }, { ...after, schema: is.items }, `${at}[]`))
  return found
}

function changedForm(was: Schema, is: Schema, { before, after }: Both, at: string): string[] {
  const found: string[] = []
  if (valuesOf(was) && !valuesOf(is)) found.push(`${at} may now be any ${nameOf(is)}`)
  if (was.format !== undefined && is.format !== was.format) found.push(`${at} has another format`)
  for (const [name, schema] of Object.entries(was.properties ?? {})) {
    const now = is.properties?.[name]
    if (!now) found.push(`${at}.${name} is gone`)
    else found.push(...changed({ ...before, schema }, { ...after, schema: now }, `${at}.${name}`))
    if (now && was.required?.includes(name) && !is.required?.includes(name))
      found.push(`${at}.${name} is no longer always there`)
  }
  if (was.items) found.push(...changed({ ...before, schema: was.items }, { ...after, schema: is.items }, `${at}[]`))
  return found
}

/** The forms that a schema allows, each of one type: `anyOf` and lists of types taken apart, references followed. */
function formsOf({ schema, schemas }: Side): Schema[] {
  if (!schema) return [{}]
  if (schema.$ref) return formsOf({ schema: schemas[schema.$ref.split('/').at(-1)!], schemas })
  const either = schema.anyOf ?? schema.oneOf
  if (either) return either.flatMap((one) => formsOf({ schema: one, schemas }))
  return [schema.type].flat().map((type) => (type === undefined ? schema : { ...schema, type }))
}

/** The constants by which one kind of object is told from another: a problem's `type`. */
const markOf = ({ properties = {} }: Schema) =>
  Object.entries(properties)
    .flatMap(([name, value]) => (name === 'type' && value.const !== undefined ? [JSON.stringify(value.const)] : []))
    .join()

const isOf = (form: Schema, other: Schema) =>
  other.type === undefined || form.type === other.type || (form.type === 'integer' && other.type === 'number')
const nameOf = ({ type }: Schema) => String(type ?? 'anything')
const valuesOf = (schema: Schema) => schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
const bound = (schema: Schema, keyword: string, none: number) => (schema[keyword] as number | undefined) ?? none
const fewest = (lists: string[][]) => lists.toSorted((a, b) => a.length - b.length)[0]
