import type { Fault } from '../fault.ts'

const hourMs = 3_600_000

export const clockFaults: Fault[] = [
  ['an hour ahead', hourMs],
  ['an hour back', -hourMs],
].map(([where, offsetMs]) => ({
  name: `the clocks of our processes step ${where}, and back`,
  parts: ['api', 'allocator'],
  holdMs: [2_000, 4_000],
  async strike({ apis, allocators }, { random }) {
    const all = [...apis, ...allocators]
    const chosen = random.next() < 0.5 ? all : [random.pick(all)]
    for (const one of chosen) one.stepClock(Number(offsetMs))
    return () => {
      for (const one of chosen) one.stepClock(0)
    }
  },
}))
