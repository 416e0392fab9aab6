import type { Fault } from '../fault.ts'
import type { Random } from '../random.ts'
import { clockFaults } from './clocks.ts'
import { networkFaults } from './network.ts'
import { postgresFaults } from './postgres.ts'
import { processFaults } from './processes.ts'
import { redisFaults } from './redis.ts'
import { storeFaults } from './stores.ts'

export const allFaults: Fault[] = [
  ...processFaults,
  ...redisFaults,
  ...postgresFaults,
  ...storeFaults,
  ...networkFaults,
  ...clockFaults,
]

/** Two at once, the second a little after the first. What one handles the other leaves alone. */
export function pair(one: Fault, other: Fault): Fault {
  return {
    name: `${one.name} + ${other.name}`,
    parts: [...one.parts, ...other.parts],
    holdMs: one.holdMs,
    async strike(stack, struck) {
      const lifts = [await one.strike(stack, struck), await other.strike(stack, struck)]
      return async () => {
        for (const lift of struck.random.next() < 0.5 ? lifts : lifts.toReversed()) await lift()
      }
    },
  }
}

const named = (start: string): Fault => {
  const found = allFaults.find(({ name }) => name.startsWith(start))
  if (!found) throw new Error(`bug: there is no fault ${start}`)
  return found
}

/** Some pairs, for the table; at random there are all. */
export const pairs: Fault[] = [
  pair(named('API killed'), named('Postgres stopped (immediate)')),
  pair(named('API frozen'), named('Redis killed and')),
  pair(named('allocator frozen'), named('Redis frozen')),
  pair(named('both allocators killed'), named('Postgres frozen')),
  pair(named('API to Postgres: frozen'), named('Redis full (')),
]

const meet = (one: Fault, other: Fault) => one.parts.some((part) => other.parts.includes(part))

/** One fault, or, in a third of all cases, two at once. */
export function pickFault(random: Random): Fault {
  const one = random.pick(allFaults)
  const others = allFaults.filter((other) => !meet(one, other))
  return random.next() < 1 / 3 && others.length > 0 ? pair(one, random.pick(others)) : one
}
