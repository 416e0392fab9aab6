/** A figure over the rounds. */
export type Spread = { median: number; min: number; max: number }

/** Null when there is nothing. */
export function spreadOf(values: number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  if (low === undefined || high === undefined) return null
  return { median: (low + high) / 2, min: sorted[0]!, max: sorted.at(-1)! }
}

/** "13,500 (12,900–14,100)", or nothing when it was not measured. */
export function showSpread(
  value: Spread | null,
  { digits = 0, spread = true }: { digits?: number; spread?: boolean } = {},
): string {
  if (!value) return ''
  const text = (number: number) =>
    number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  const [median, min, max] = [text(value.median), text(value.min), text(value.max)]
  return spread && min !== max ? `${median} (${min}–${max})` : median
}
