import type { FastifySchemaCompiler } from 'fastify'
import type { z } from 'zod'
import { Problem } from '../errors.ts'
import { flattenIssues } from './flatten-issues.ts'

/** Parses a part of a request by its zod schema; what does not fit is a problem that names each field. */
export const validate: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (data) => {
    const parsed = schema.safeParse(data)
    if (parsed.success) return { value: parsed.data }
    return {
      error: new Problem('invalid-request', 'The request does not fit the schema.', {
        errors: flattenIssues(parsed.error.issues, httpPart),
      }),
    }
  }
