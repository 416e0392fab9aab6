import { Problem } from '../errors.ts'
import { NotAcknowledged } from '../queue/accept-batch.ts'

/**
 * What is answered when the batch of a request was not written: surely not accepted, or perhaps. `ask`: how to find out. `known`: what
 * helps to. Any other reason is passed on as it is.
 */
export function notAccepted(
  reason: unknown,
  { what, ask, known }: { what: 'request' | 'command'; ask: string; known: { id: string; receipt?: string } },
): unknown {
  if (!(reason instanceof NotAcknowledged)) return reason
  if (!reason.perhaps)
    return new Problem('unavailable', `No store can be reached. The ${what} was not accepted.`, {
      retryAfterSeconds: 5,
    })
  return new Problem(
    'outcome-unknown',
    `No store acknowledged in time: perhaps the ${what} was accepted. ${ask}, or send the same again.`,
    { ...known, retryAfterSeconds: 2 },
  )
}
