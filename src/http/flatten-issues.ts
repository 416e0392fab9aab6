import type { z } from 'zod'

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message' | 'code'> & { keys?: string[]; errors?: Issue[][] }
export type FieldError = { path: string; message: string }

/** Most faults listed of one request, in their order. */
const maxErrors = 20

/**
 * The faults of one part of a request, each with the path of its field: `choices.0.from`. Of a union, those of the branch that fits
 * best are given. Never a value: what was sent may be personal.
 */
export function flattenIssues(issues: z.core.$ZodIssue[], part: string | undefined): FieldError[] {
  const context = part === undefined || part === 'body' ? [] : [part]
  return issues.flatMap((issue) => flatten(issue as Issue, context)).slice(0, maxErrors)
}

function flatten(issue: Issue, prefix: string[]): FieldError[] {
  const path = [...prefix, ...issue.path.map(String)]
  if (issue.code === 'invalid_union' && issue.errors?.length) {
    const branches = issue.errors.map((branch) => branch.flatMap((inner) => flatten(inner, path)))
    return branches.toSorted((a, b) => strayFields(a) - strayFields(b) || a.length - b.length)[0] ?? []
  }
  if (issue.code === 'unrecognized_keys' && issue.keys)
    return issue.keys.map((key) => ({ path: [...path, key.slice(0, 64)].join('.'), message: unknownField }))
  return [{ path: path.join('.'), message: issue.message }]
}

const unknownField = 'is not a field of this request'
const strayFields = (errors: FieldError[]) => errors.filter(({ message }) => message === unknownField).length
