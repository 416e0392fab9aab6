/** The first instant of a day in the campaign's time zone, in epoch ms; `offsetDays` later. */
export type DayStart = (day: string, offsetDays: number) => number

/** Days asked for are few and come again and again; this many are kept per campaign. */
const daysKept = 2_000

/** When days begin in a time zone, remembered: a time zone is slow to ask. */
export function createDayStart(timeZone: string): DayStart {
  const known = new Map<string, number>()
  return (day, offsetDays) => {
    const key = `${day} ${offsetDays}`
    const found = known.get(key)
    if (found !== undefined) return found
    if (known.size >= daysKept) known.clear()
    const start = Temporal.PlainDate.from(day).add({ days: offsetDays }).toZonedDateTime(timeZone).epochMilliseconds
    known.set(key, start)
    return start
  }
}

/** Slots whose day is remembered. */
const slotsKept = 200_000

/** On which day of a time zone an instant lies (epoch ms), remembered. */
export function createDayOf(timeZone: string) {
  const known = new Map<number, string>()
  return (epochMs: number): string => {
    const found = known.get(epochMs)
    if (found !== undefined) return found
    if (known.size >= slotsKept) known.clear()
    const day = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone).toPlainDate().toString()
    known.set(epochMs, day)
    return day
  }
}
