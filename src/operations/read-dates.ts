const day = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$/
const localTime = /^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2})[T ](\d{1,2}):(\d{2})(?::(\d{2}))?$/
const withOffset = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** A day as spreadsheets write it (1980/1/2, full-width digits) in the form 1980-01-02; anything else as it is. */
export function foldDay(text: string): string {
  const [, year, month, date] = day.exec(text.normalize('NFKC')) ?? []
  return year && month && date ? `${year}-${month.padStart(2, '0')}-${date.padStart(2, '0')}` : text
}

/**
 * Epoch ms of an RFC 3339 time, or of a time without offset in `timeZone`, as spreadsheets write it (2026/12/1 9:00). Null when
 * it is neither, or a time that the zone's clock skips or repeats.
 */
export function readTime(text: string, timeZone: string): number | null {
  try {
    const folded = text.normalize('NFKC')
    if (withOffset.test(folded)) return Temporal.Instant.from(folded).epochMilliseconds
    const [, date, hour, minute, second] = localTime.exec(folded) ?? []
    if (!date || !hour) return null
    const plain = Temporal.PlainDateTime.from(`${foldDay(date)}T${hour.padStart(2, '0')}:${minute}:${second ?? '00'}`)
    return plain.toZonedDateTime(timeZone, { disambiguation: 'reject' }).epochMilliseconds
  } catch {
    return null
  }
}
