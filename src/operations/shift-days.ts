/** An instant (epoch ms) so many days later by the clock on the wall of a zone: 09:00 stays 09:00 when summer time begins. */
export const shiftDays = (epochMs: number, days: number, timeZone: string): number =>
  Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).add({ days }).epochMilliseconds
