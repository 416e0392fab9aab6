/**
 * The database's clock, carried on by the monotonic one between readings: a step of this machine's wall clock opens nothing
 * early and closes nothing late. Before the first reading it is the wall clock of the start.
 */
export function createClock() {
  let base = Date.now()
  let readAt = performance.now()
  return {
    /** Epoch ms. */
    now: () => base + (performance.now() - readAt),
    /** Notes what the database answered to a question that was asked at `askedAt` of the monotonic clock. */
    set(databaseNow: number, askedAt: number) {
      const answeredAt = performance.now()
      base = databaseNow + (answeredAt - askedAt) / 2
      readAt = answeredAt
    },
  }
}
export type Clock = ReturnType<typeof createClock>
