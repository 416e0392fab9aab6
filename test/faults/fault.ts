import type { Random } from './random.ts'
import type { Stack } from './stack.ts'

/** What a fault is given when it strikes. */
export type Struck = {
  random: Random
  /** To be called when Redis has lost what it held. */
  wiped: () => void
  /** For the reader of the row. */
  note: (text: string) => void
}

export type Fault = {
  name: string
  /** What it handles: two faults that handle the same are not run together. */
  parts: string[]
  /** It lasts for between so many ms. */
  holdMs: [number, number]
  /** Breaks something; resolves to what mends it, which resolves when the thing itself is as it was. */
  strike(stack: Stack, struck: Struck): Promise<() => Promise<void> | void>
}
