import { UserError } from '../errors.ts'
import { lockLooking } from '../postgres/locks.ts'
import { countLooksToday, insertLooks, type Looks } from '../postgres/looks.ts'
import type { Transaction } from '../postgres/pool.ts'

/** People whom one operator may look at in a day (UTC): the list of a large venue, and not a register. */
export const maxLooksPerDay = 5_000

const daySeconds = 86_400

/**
 * Notes that an operator looks at these people, before their boxes are opened: who cannot be noted is not seen. Throws a UserError when
 * the day's budget does not reach for all of them.
 */
export async function noteLooks(tx: Transaction, by: string, looks: Looks): Promise<void> {
  await lockLooking(tx, by)
  const before = await countLooksToday(tx, by)
  const wanted = looks.reservationIds.length
  if (before + wanted > maxLooksPerDay)
    throw new UserError(
      `${by} has looked at ${before} people today, and ${wanted} more are over the ${maxLooksPerDay} of a day`,
      { type: 'too-many-requests', retryAfterSeconds: secondsLeftToday() },
    )
  await insertLooks(tx, { operator: by, ...looks })
}

/** Until the budget begins anew. */
const secondsLeftToday = () => daySeconds - (Math.floor(Date.now() / 1_000) % daySeconds)
