// Loaded before an entry file (`--import`): at SIGWINCH this process reads from the file CLOCK_FILE by how many ms its wall clock is
// wrong from now on. The monotonic clock stays as it is.
import { readFileSync } from 'node:fs'

let offsetMs = 0
const Right = Date

// biome-ignore lint/suspicious/noGlobalAssign: that is what it is for
Date = class extends Right {
  constructor(...args: unknown[]) {
    super(...((args.length === 0 ? [Right.now() + offsetMs] : args) as []))
  }
  static override now = () => Right.now() + offsetMs
} as DateConstructor

process.on('SIGWINCH', () => {
  offsetMs = Number(readFileSync(process.env.CLOCK_FILE!, 'utf8'))
})
