// Characters that take two columns of a terminal: kana, kanji, hangul, full-width forms.
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/g

const widthOf = (text: string) => text.length + (text.match(wide)?.length ?? 0)

/** As much of a line as fits into so many columns of a terminal. */
export function fitLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line
  let fitting = ''
  for (const character of line) {
    if (widthOf(fitting + character) >= columns) return `${fitting}…`
    fitting += character
  }
  return fitting
}

/** Numbers with thousands separators. */
export const formatNumber = (value: number) => value.toLocaleString('en')

/** Aligned columns with two spaces between; numbers to the right. The first row is the heading. */
export function formatTable(rows: (string | number)[][]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? formatNumber(cell) : cell)))
  const widths = texts[0]!.map((_, column) => Math.max(...texts.map((row) => widthOf(row[column]!))))
  const isNumeric = texts[0]!.map((_, column) => rows.slice(1).some((row) => typeof row[column] === 'number'))
  return texts
    .map((row) =>
      row
        .map((cell, column) => {
          const space = ' '.repeat(widths[column]! - widthOf(cell))
          return isNumeric[column] ? space + cell : cell + space
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** An instant (epoch ms) as the clock on the wall there shows it: 2026-12-01 09:00. */
export const formatTime = (instant: number, timeZone: string) =>
  Temporal.Instant.fromEpochMilliseconds(instant)
    .toZonedDateTimeISO(timeZone)
    .toPlainDateTime()
    .toString({ smallestUnit: 'minute' })
    .replace('T', ' ')
