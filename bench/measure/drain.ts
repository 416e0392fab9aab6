import type pg from 'pg'
import { waitUntilDecided } from './lane.ts'

export type Drain = { drainedPerSecond: number; firstTenthPerSecond: number; lastTenthPerSecond: number }

/** Waits until the backlog is decided. The rates are those of the decisions' own times: nobody looked over their shoulder. */
export async function measureDrain(client: pg.Client): Promise<Drain> {
  await waitUntilDecided(client)
  const { rows } = await client.query<{ at: number; decided: number }>(`
    select extract(epoch from decided_at)::float8 as at, count(*)::int as decided
      from decisions
     group by decided_at
     order by decided_at`)
  // A transaction's time is its start, and so the end of the one before.
  const total = rows.slice(0, -1).reduce((sum, { decided }) => sum + decided, 0)
  const rateBetween = (from: number, to: number) => {
    let before = 0
    const within = rows.filter(({ decided }) => {
      before += decided
      return before >= from * total && before <= to * total
    })
    const decided = within.slice(0, -1).reduce((sum, row) => sum + row.decided, 0)
    return decided / (within.at(-1)!.at - within[0]!.at)
  }
  return {
    drainedPerSecond: rateBetween(0, 1),
    firstTenthPerSecond: rateBetween(0, 0.1),
    lastTenthPerSecond: rateBetween(0.9, 1),
  }
}
