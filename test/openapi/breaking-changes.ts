import { changed, narrowed, type Schema, type Schemas } from './compare-schemas.ts'

type Content = Record<string, { schema?: Schema }>
type Parameter = { name: string; in: string; required?: boolean; schema?: Schema }
type Operation = {
  operationId?: string
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content?: Content }
  responses?: Record<string, { content?: Content }>
  security?: Record<string, unknown>[]
}
export type Description = {
  paths: Record<string, Record<string, Operation>>
  components?: { schemas?: Schemas }
}

/**
 * What of an API's description would break a client that was made for the one before, a line each; empty when nothing would. What is
 * announced in the description as growing without notice (paths, optional fields, fields of answers, values) breaks nobody.
 *
 * Our own, since the tools of npm that compare such documents stop at OpenAPI 3.0, and the others are no npm packages.
 */
export function breakingChanges(before: Description, after: Description): string[] {
  return Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, was]) => {
      const name = `${method.toUpperCase()} ${path}`
      const is = after.paths[path]?.[method]
      if (!is) return [`${name} is gone`]
      return compareOperations(was, is, before.components?.schemas ?? {}, after.components?.schemas ?? {}).map(
        (change) => `${name}: ${change}`,
      )
    }),
  )
}

function compareOperations(was: Operation, is: Operation, old: Schemas, now: Schemas): string[] {
  const found: string[] = []
  if (was.operationId && is.operationId !== was.operationId) found.push(`is no longer called ${was.operationId}`)
  if (isFree(was) && !isFree(is)) found.push('needs a credential now')

  const sameAs = (one: Parameter) => (other: Parameter) => other.name === one.name && other.in === one.in
  for (const parameter of was.parameters ?? []) {
    const at = `${parameter.in} ${parameter.name}`
    const kept = is.parameters?.find(sameAs(parameter))
    if (!kept) found.push(`${at} is gone`)
    else {
      if (kept.required && !parameter.required) found.push(`${at} is required now`)
      found.push(...narrowed({ schema: parameter.schema, schemas: old }, { schema: kept.schema, schemas: now }, at))
    }
  }
  for (const parameter of is.parameters ?? [])
    if (parameter.required && !was.parameters?.some(sameAs(parameter)))
      found.push(`${parameter.in} ${parameter.name} is new and required`)

  if (is.requestBody?.required && !was.requestBody?.required) found.push('a body is required now')
  found.push(...compareContent(was.requestBody?.content, is.requestBody?.content, 'body', narrowed))
  for (const [status, response] of Object.entries(was.responses ?? {})) {
    const kept = is.responses?.[status]
    if (kept) found.push(...compareContent(response.content, kept.content, status, changed))
    else if (Number(status) < 400) found.push(`no longer answers ${status}`)
  }
  return found

  function compareContent(before: Content = {}, after: Content = {}, at: string, compare: typeof narrowed): string[] {
    return Object.entries(before).flatMap(([type, { schema }]) =>
      after[type]
        ? compare({ schema, schemas: old }, { schema: after[type].schema, schemas: now }, at)
        : [`${at} is no longer ${type}`],
    )
  }
}

/** Whether it can be asked without a credential. */
const isFree = ({ security = [] }: Operation) =>
  security.length === 0 || security.some((needed) => Object.keys(needed).length === 0)
