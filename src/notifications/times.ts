/** An instant as RFC 3339 with the offset of a time zone, to the second. */
export const toZoned = (epochMs: number, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(Math.floor(epochMs))
    .toZonedDateTimeISO(timeZone)
    .toString({ timeZoneName: 'never', smallestUnit: 'second' })

const form = {
  year: 'numeric',
  month: 'long',
  day: 'numeric',
  weekday: 'short',
  hour: 'numeric',
  minute: '2-digit',
  hourCycle: 'h23',
} as const

/** An instant as people of a language read it, on the clocks of a time zone: 2026年12月1日(火) 9:00. */
export const toReadable = (epochMs: number, timeZone: string, language: 'ja' | 'en'): string =>
  new Intl.DateTimeFormat(language === 'ja' ? 'ja-JP' : 'en-GB', { ...form, timeZone }).format(epochMs)
