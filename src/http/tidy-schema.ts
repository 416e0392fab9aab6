import type { z } from 'zod'

type JsonSchema = Record<string, unknown>

/** What zod says of a schema beyond what a client needs, taken away while it is made into JSON Schema. */
export function tidySchema({ zodSchema, jsonSchema }: { zodSchema: z.core.$ZodType; jsonSchema: JsonSchema }): void {
  const { def } = zodSchema._zod
  // Answers may grow: only what is declared strict, as requests are, refuses what it does not know.
  if (def.type === 'object' && !(def as z.core.$ZodObjectDef).catchall) delete jsonSchema.additionalProperties
  // The bounds of every integer in JavaScript.
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum
  // How zod checks a format.
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern
}
