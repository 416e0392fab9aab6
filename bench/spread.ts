/** A figure over the rounds. */
export type Spread = { median: number; min: number; max: number }

/** Null when there is nothing. */
export function spreadOf(values: number[]): Spread | null {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  if (low === undefined || high === undefined) return null
  return { median: (low + high) / 2, min: sorted[0]!, max: sorted.at(-1)! }
}
