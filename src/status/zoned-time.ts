/** An instant as RFC 3339 with the offset of a time zone, to the second: 2026-12-01T09:00:00+09:00. */
export function zonedTime(epochMs: number, timeZone: string): string {
  return Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs))
    .toZonedDateTimeISO(timeZone)
    .toString({ timeZoneName: 'never', smallestUnit: 'second' })
}
