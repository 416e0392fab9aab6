import type { Pool } from '../postgres/pool.ts'
import { readAvailability } from '../postgres/seats.ts'

/** Free seats are public, the same for everybody, and this old at most. */
const maxAgeMs = 1_000

type Known = { free: ReadonlyMap<string, number>; readAt: number }

/**
 * Free seats per slot of a campaign: read at most once a second, however many ask. While Postgres is away the last that was known
 * is given; null when nothing is.
 */
export function createAvailability({
  pool,
  askPostgres,
}: {
  pool: Pool
  askPostgres: <T>(work: () => Promise<T>) => Promise<T>
}) {
  const known = new Map<string, Known>()
  const reading = new Map<string, Promise<void>>()

  async function read(campaign: string) {
    const free = await askPostgres(() => readAvailability(pool, campaign))
    known.set(campaign, { free, readAt: performance.now() })
  }

  return async function availability(campaign: string): Promise<Known | null> {
    const last = known.get(campaign)
    if (last && performance.now() - last.readAt < maxAgeMs) return last
    const answer = reading.get(campaign) ?? read(campaign).finally(() => reading.delete(campaign))
    reading.set(campaign, answer)
    await answer.catch(() => {})
    return known.get(campaign) ?? null
  }
}
export type Availability = ReturnType<typeof createAvailability>
