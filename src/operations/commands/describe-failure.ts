import { UserError } from '../../errors.ts'

/** What a failure of Postgres means to whoever typed a command, by its code. */
const meanings: Record<string, string> = {
  '28P01': 'Postgres refused the password of DATABASE_URL',
  '28000': 'Postgres refused the login of DATABASE_URL',
  '3D000': 'the database of DATABASE_URL does not exist',
  '42P01': 'the database lacks a table: run `npm run migrate`',
  '22023': 'the database lacks the roles of Junban: run `npm run migrate`',
  '42501': 'the login of DATABASE_URL may not do that',
  '55P03': 'another import or decision holds the campaign; nothing was done, try again',
  '57014': 'it took too long and was ended; nothing was done',
  ECONNREFUSED: 'Postgres cannot be reached: nothing listens where DATABASE_URL points',
  ENOTFOUND: 'Postgres cannot be reached: the host of DATABASE_URL is not known',
  ETIMEDOUT: 'Postgres cannot be reached: it does not answer',
}

/** One line for the terminal. A Postgres message can quote the value that it refuses, so only its code is shown. */
export function describeFailure(err: unknown): string {
  if (err instanceof UserError) return err.message
  const { code, routine, constraint } = err as Error & Record<string, unknown>
  const meaning = typeof code === 'string' ? meanings[code] : undefined
  if (meaning) return meaning
  const hint = 'LOG_LEVEL=debug shows where'
  if (routine !== undefined || constraint !== undefined) {
    return `Postgres failed with ${code}${constraint ? ` (${constraint})` : ''}; ${hint}`
  }
  const [line] = (err instanceof Error ? err.message : String(err)).split('\n')
  return `failed: ${line || code || 'unknown'}; ${hint}`
}
