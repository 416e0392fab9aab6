import type { Fault } from '../fault.ts'

const holdMs: [number, number] = [1_000, 3_000]

export const processFaults: Fault[] = [
  {
    name: 'API killed',
    parts: ['api'],
    holdMs,
    async strike({ apis }, { random }) {
      const one = random.pick(apis)
      await one.kill()
      return one.start
    },
  },
  {
    name: 'API frozen',
    parts: ['api'],
    holdMs: [2_000, 5_000],
    async strike({ apis }, { random }) {
      const one = random.pick(apis)
      one.freeze()
      return one.thaw
    },
  },
  {
    name: 'API stopped with SIGTERM, another started',
    parts: ['api'],
    holdMs,
    async strike({ apis, outages }, { random }) {
      const one = random.pick(apis)
      outages.begin(one.name)
      await one.process.stop()
      return one.start
    },
  },
  {
    name: 'allocator killed',
    parts: ['allocator'],
    holdMs,
    async strike({ allocators }, { random }) {
      const one = random.pick(allocators)
      await one.kill()
      return one.start
    },
  },
  {
    name: 'both allocators killed',
    parts: ['allocator'],
    holdMs,
    async strike({ allocators }) {
      await Promise.all(allocators.map((one) => one.kill()))
      return async () => {
        for (const one of allocators) await one.start()
      }
    },
  },
  {
    name: 'allocator frozen',
    parts: ['allocator'],
    holdMs: [3_000, 7_000],
    async strike({ allocators }, { random }) {
      const one = random.pick(allocators)
      one.freeze()
      return one.thaw
    },
  },
]
