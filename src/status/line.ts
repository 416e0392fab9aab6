import type { Pool } from '../postgres/pool.ts'
import { type LineStats, readLineStats } from '../postgres/waitlist.ts'
import type { Wait } from './board.ts'

/** How old the line may be that people are told of: it moves by the hour, and 100,000 places are read at once. */
const maxAgeMs = 5_000

/** `odds`: how likely a seat is, from 0 to 1, if seats go on coming as they did in the last day; null when none has come. */
export type LineWait = Wait & { odds: number | null }

/** How people in line wait, by their place in it: read at most every five seconds for each campaign, however many ask. */
export function createLines({
  pool,
  askPostgres,
}: {
  pool: Pool
  askPostgres: <T>(work: () => Promise<T>) => Promise<T>
}) {
  const known = new Map<string, { stats: LineStats; readAt: number }>()
  const reading = new Map<string, Promise<void>>()

  async function read(campaign: string) {
    const stats = await askPostgres(() => readLineStats(pool, campaign))
    known.set(campaign, { stats, readAt: performance.now() })
  }

  /** Null while nobody can know. */
  return async function lineWait(campaign: string, place: number): Promise<LineWait | null> {
    const last = known.get(campaign)
    if (!last || performance.now() - last.readAt >= maxAgeMs) {
      const answer = reading.get(campaign) ?? read(campaign).finally(() => reading.delete(campaign))
      reading.set(campaign, answer)
      await answer.catch(() => {})
    }
    const now = known.get(campaign)
    return now ? viewLineWait(now.stats, place) : null
  }
}
export type LineWaitOf = ReturnType<typeof createLines>

/** The wait of a place in line. Everybody ahead counts, whatever they want: seats of one slot may come sooner, and of another never. */
export function viewLineWait({ places, given, givenSeconds, lastStartsAt, now }: LineStats, place: number): LineWait {
  const ahead = countBelow(places, place)
  if (given === 0 || givenSeconds <= 0 || lastStartsAt === null)
    return { ahead, p50Seconds: null, p90Seconds: null, odds: null }
  const secondsLeft = Math.max(0, (lastStartsAt - now) / 1_000)
  const seconds = ((ahead + 1) * givenSeconds) / given
  const within = (one: number) => (one <= secondsLeft ? Math.ceil(one) : null)
  const odds = Math.min(1, secondsLeft / seconds)
  return { ahead, p50Seconds: within(seconds), p90Seconds: within(2 * seconds), odds: Math.round(odds * 100) / 100 }
}

function countBelow(sorted: number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
