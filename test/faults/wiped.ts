import type { Told } from './clients.ts'

/**
 * Whether what was told here was lost with a Redis that alone held it: told by the spool, before it was wiped, and not logged since.
 * `loggedAt`: when what the log holds of it arrived, if it holds anything. A command has the same id whoever asks for it, so one that
 * arrived later is another's asking: it is decided by its own number, and says nothing of this one's place.
 */
export const isWiped = (
  { queueNumber, sentAt, acceptedAt }: Told,
  { wipedAt, loggedAt = Number.POSITIVE_INFINITY }: { wipedAt: number[]; loggedAt: number | undefined },
): boolean => queueNumber === null && wipedAt.some((at) => sentAt <= at) && loggedAt > acceptedAt
