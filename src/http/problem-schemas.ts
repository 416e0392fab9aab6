import { z } from 'zod'
import { type ProblemType, problems } from '../errors.ts'
import { Announcement } from './announcement.ts'

export const problemMediaType = 'application/problem+json'

/** The `type` of a problem, as clients are promised it. */
export const typeUri = <Type extends ProblemType>(type: Type) => `https://junban.dev/problems/${type}` as const

const FieldErrors = z.array(z.object({ path: z.string(), message: z.string() }))
const someErrors = [{ path: 'birthDate', message: 'is not a day of the calendar, as 1980-01-02' }]
// A proxy that gets no answer from us knows neither this nor who asked.
const announcement = Announcement.nullable().optional().meta({ description: 'What operators announce.' })

/** The fields that a type has beside those of RFC 9457. */
const fields: Partial<Record<ProblemType, z.ZodRawShape>> = {
  'invalid-request': { errors: FieldErrors.optional().meta({ examples: [someErrors] }) },
  'unknown-choice': {
    errors: FieldErrors.meta({
      examples: [[{ path: 'choices.0.slotId', message: 'is not a slot of this campaign' }]],
    }),
  },
  'not-open': { opensAt: z.string().meta({ examples: ['2026-12-01T09:00:00+09:00'] }) },
  unavailable: { announcement },
  'outcome-unknown': {
    announcement,
    id: z
      .string()
      .optional()
      .meta({ examples: ['0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94'] }),
    receipt: z
      .string()
      .optional()
      .meta({ examples: ['AWkuGcACAAANTjpSax9cOJoHL4xdHnuUAZ8xqwR_cuqxU2e3d0mbDgRkZW1vAmsxq1Zb3jT0c9kR7yPzqkV4mw'] }),
  },
  'outcome-unavailable': { announcement },
}

/** The schema of each type, by its `type` told from the others: `not-open` is `NotOpenProblem`. */
export const problemSchemas = Object.fromEntries(
  Object.entries(problems).map(([name, { status, title, meaning }]) => {
    const type = name as ProblemType
    const id = `${type.replaceAll(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Problem`
    const schema = z
      .object({
        type: z.literal(typeUri(type)),
        title: z.string().meta({ examples: [title] }),
        status: z.literal(status),
        detail: z.string().meta({ description: 'What was wrong this time, in a sentence.', examples: [`${title}.`] }),
        instance: z.string().meta({
          description: 'The request’s id, as in `x-request-id` and the logs.',
          examples: ['urn:request:7f1c0a9e-3b52-4d55-8f0a-1f0f6f2f4f11'],
        }),
        ...fields[type],
      })
      .meta({ id, description: meaning })
    return [type, schema]
  }),
) as unknown as Record<ProblemType, z.ZodObject>
