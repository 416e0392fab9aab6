import pg from 'pg'

/** Whether Postgres refused because the named unique constraint holds that row already. */
export const isUniqueViolation = (err: unknown, constraint: string) =>
  err instanceof pg.DatabaseError && err.code === '23505' && err.constraint === constraint

const transientClasses = new Set(['08', '40', '53', '55', '57', '58'])

/**
 * Whether the same transaction can succeed later: connections (08), serialisation and deadlock (40), resources (53), locks
 * (55), an operator's stop (57), the disk (58), a server that has become read-only (25006), and whatever never got an answer.
 */
export function isTransient(err: unknown): boolean {
  if (!(err instanceof pg.DatabaseError)) return isConnectionError(err)
  return transientClasses.has(err.code?.slice(0, 2) ?? '') || err.code === '25006'
}

/** Whether it was Postgres that said no, rather than nobody who answered. */
export const isAnswer = (err: unknown) => err instanceof pg.DatabaseError

/** The log has no such lane: its campaign is gone. */
export class NoSuchLane extends Error {
  override readonly name = 'NoSuchLane'
}

/** Whether Postgres itself said no for good: the same statement fails again. */
export const isRefusal = (err: unknown) =>
  err instanceof NoSuchLane || (err instanceof pg.DatabaseError && !isTransient(err))

/** Whether the statement was surely not carried out: it was refused, or never sent. Everything else is unknown, not absent. */
export function isSurelyNotDone(err: unknown): boolean {
  if (err instanceof pg.DatabaseError) return !['08', '57'].includes(err.code?.slice(0, 2) ?? '')
  const code = codeOf(err)
  return code === 'ECONNREFUSED' || code === 'ENOENT' || /when trying to connect/.test(String(err))
}

/** Whether a constraint was violated that another order of events would have kept: such a transaction is tried again as a whole. */
export const isConstraintViolation = (err: unknown) =>
  err instanceof pg.DatabaseError && (err.code === '23505' || err.code === '23514')

const connectionMessages = /timeout|terminated|Connection|not queryable|ECONN|socket/i

function isConnectionError(err: unknown): boolean {
  if (!(err instanceof Error)) return false
  return codeOf(err).startsWith('E') || connectionMessages.test(err.message)
}

const codeOf = (err: unknown) => String((err as { code?: unknown } | null)?.code ?? '')
