import { expect, test } from 'vitest'
import { foldDay, readTime } from './read-dates.ts'

test.each([
  ['2026-12-01T09:00:00+09:00', '2026-12-01T00:00:00Z'],
  ['2026-12-01T00:00Z', '2026-12-01T00:00:00Z'],
  ['2026-12-01 09:00', '2026-12-01T00:00:00Z'],
  ['2026/12/1 9:00', '2026-12-01T00:00:00Z'],
  ['２０２６/１２/１ ９：００', '2026-12-01T00:00:00Z'],
  ['2026-12-01T09:00:30', '2026-12-01T00:00:30Z'],
])('%s in Tokyo is %s', (text, instant) => {
  expect(readTime(text, 'Asia/Tokyo')).toBe(Date.parse(instant))
})

test.each(['', 'noon', '2026-02-30 09:00', '2026-12-01', '2026-12-01T25:00Z', '2026-12-01 24:00', '1/12/2026 9:00'])(
  '%j is no time',
  (text) => {
    expect(readTime(text, 'Asia/Tokyo')).toBeNull()
  },
)

test('a time that the clock skips or repeats is refused rather than guessed', () => {
  expect(readTime('2026-03-29 02:30', 'Europe/Berlin')).toBeNull()
  expect(readTime('2026-10-25 02:30', 'Europe/Berlin')).toBeNull()
})

test.each([
  ['1980/1/2', '1980-01-02'],
  ['１９８０．１．２', '1980-01-02'],
  ['1980-01-02', '1980-01-02'],
  ['2/1/1980', '2/1/1980'],
])('the day %s folds to %s', (text, day) => {
  expect(foldDay(text)).toBe(day)
})
