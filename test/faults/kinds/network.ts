import type { Fault } from '../fault.ts'
import type { Conduct } from '../proxy.ts'
import type { Random } from '../random.ts'
import type { Stack, Way } from '../stack.ts'

/** The ways of one kind: those of each process of it. */
const ways: Record<string, (stack: Stack) => Way[]> = {
  'clients>api': ({ apis }) => apis.map(({ toClients }) => toClients),
  'api>redis': ({ apis }) => apis.map(({ toRedis }) => toRedis),
  'api>postgres': ({ apis }) => apis.map(({ toPostgres }) => toPostgres),
  'allocator>redis': ({ allocators }) => allocators.map(({ toRedis }) => toRedis),
  'allocator>postgres': ({ allocators }) => allocators.map(({ toPostgres }) => toPostgres),
}

const conducts: Record<string, (random: Random) => Conduct> = {
  'delayed by up to 0.6 s': (random) => ({ kind: 'delay', ms: random.between(20, 200), jitterMs: 400 }),
  'replies lost': () => ({ kind: 'drop-replies' }),
  frozen: () => ({ kind: 'freeze' }),
  reset: () => ({ kind: 'reset' }),
  'half-closed': (random) => ({ kind: 'half-close', pickSide: () => random.pick(['client', 'server']) }),
  'half-open': () => ({ kind: 'half-open' }),
}

const describe = (way: string) =>
  way.replace('>', ' to ').replace('api', 'API').replace('redis', 'Redis').replace('postgres', 'Postgres')

/** Of a way, both processes have it, or one alone. From the clients it is one alone: nobody could be accepted otherwise. */
export const networkFaults: Fault[] = Object.entries(ways).flatMap(([way, find]) =>
  Object.entries(conducts).map(([what, conductOf]) => ({
    name: `${describe(way)}: ${what}`,
    parts: [way],
    holdMs: [1_000, 4_000] as [number, number],
    async strike(stack: Stack, { random }: { random: Random }) {
      const both = find(stack)
      const chosen = way === 'clients>api' || random.next() < 0.5 ? [random.pick(both)] : both
      for (const one of chosen) one.disturb(conductOf(random))
      return () => {
        for (const one of chosen) one.lift()
      }
    },
  })),
)
