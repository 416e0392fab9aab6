// Loaded before an entry file (`--import`): this process believes that it is another time, by WRONG_CLOCK_MS. The monotonic clock
// stays as it is. What libfaketime does, for a machine that has none.
const offsetMs = Number(process.env.WRONG_CLOCK_MS)
const Right = Date

// biome-ignore lint/suspicious/noGlobalAssign: that is what it is for
Date = class extends Right {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [Right.now() + offsetMs] : args) as []))
  }
  static override now = () => Right.now() + offsetMs
} as DateConstructor
