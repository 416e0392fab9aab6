import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { UserError } from '#src/errors.ts'
import type { Fault } from './fault.ts'
import { allFaults, pairs, pickFault } from './kinds/all.ts'
import { createRandom, seedOf } from './random.ts'

export const usage = `npm run soak -- [options]

  --minutes N    random faults, one after another, for so long (10)
  --faults N     so many of them at most
  --seed S       decides faults, moments and requests (random); the same seed does the same again
  --from N       begins with the N-th fault of the seed (1)
  --table        each kind of fault once, for the table in ARCHITECTURE.md; --part 2/3 does the second third of them
  --short        a few kinds of fault: what CI runs
  --only NAME    only those kinds whose name holds this; more than once for more
  --stacks N     so many side by side (2): one alone leaves two cores idle while it waits
  --break        loses the decision on a booking and on a command on purpose: the harness must notice
`

/** A fault to be run: its own seed, its name among the results, and the command that runs it again. */
export type Planned = { key: string; seed: number; fault: Fault; again: string }

export type Options = {
  help: boolean
  /** Whether a decision is lost on purpose. */
  breaks: boolean
  /** The name of the report; null: it is not kept. */
  report: string | null
  isTable: boolean
  /** CI's set: what was slow alone is tried once more, since others use its machine. */
  isShort: boolean
  seed: number
  stacks: number
  untilMs: number
  plan: Iterable<Planned>
}

const each = [...allFaults, ...pairs]

/** Those that are quick, and of every kind. */
const short = [
  'API killed',
  'allocator killed',
  'Redis frozen',
  'Redis killed and its data directory wiped',
  'Redis full',
  'Postgres stopped (immediate)',
  "allocator's backend killed",
  'both stores down; Redis back first',
  'Redis wiped while Postgres is away',
  'API to Postgres: replies lost',
  'API to Redis: half-open',
  'an hour ahead',
]

/** The seed of what is not told another: the table and CI do the same each time. */
const fixedSeed = 20_210_426

/** What was asked for. Throws a UserError for what there is not. */
export function readOptions(args: string[]): Options {
  const {
    help,
    break: breaks,
    table,
    part,
    short: isShort,
    only,
    minutes,
    faults,
    from,
    stacks,
    seed: given,
  } = parse(args)
  const isRandom = !table && !isShort && only === undefined
  const seed = given === undefined ? (isRandom ? randomInt(1_000_000) : fixedSeed) : count('seed', given)
  const chosen = only === undefined ? (isShort ? each.filter(isOneOf(short)) : each) : only.flatMap(find)
  if (chosen.length === 0) throw new UserError(`--only ${only}: there is no such fault`)
  return {
    help,
    breaks,
    report: table ? 'table' : isRandom ? `soak-${seed}` : null,
    isTable: table,
    isShort,
    seed,
    stacks: count('stacks', stacks),
    untilMs: isRandom ? count('minutes', minutes ?? '10') * 60_000 : Number.POSITIVE_INFINITY,
    plan: isRandom
      ? planRandom(seed, count('from', from ?? '1'), count('faults', faults ?? '1000000'))
      : planEach(partOf(chosen, part), seed),
  }
}

/** The one of this name, or all whose name holds it. */
function find(name: string): Fault[] {
  const exact = each.filter((fault) => fault.name === name)
  return exact.length > 0 ? exact : each.filter(isOneOf([name]))
}

const isOneOf = (names: string[]) => (fault: Fault) => names.some((name) => fault.name.includes(name))

function* planRandom(seed: number, from: number, faults: number): Generator<Planned> {
  for (let n = from; n < from + faults; n += 1) {
    const own = seedOf(seed, n)
    const again = `npm run soak -- --seed ${seed} --from ${n} --faults 1`
    yield { key: String(n), seed: own, fault: pickFault(createRandom(own ^ 2)), again }
  }
}

function* planEach(faults: Fault[], seed: number): Generator<Planned> {
  for (const fault of faults) {
    const again = `npm run soak -- --seed ${seed} --only '${fault.name.replaceAll("'", "'\\''")}'`
    yield { key: fault.name, seed: seedOf(seed, each.indexOf(fault)), fault, again }
  }
}

function partOf(faults: Fault[], part: string | undefined): Fault[] {
  if (part === undefined) return faults
  const [, which, parts] = /^(\d+)\/(\d+)$/.exec(part)?.map(Number) ?? []
  if (!which || !parts || which > parts) throw new UserError(`--part ${part}: not like 2/3`)
  const size = Math.ceil(faults.length / parts)
  return faults.slice((which - 1) * size, which * size)
}

function count(name: string, value: string): number {
  const number = Number(value)
  if (!Number.isInteger(number) || number < 0) throw new UserError(`--${name} ${value}: not a whole number`)
  return number
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', default: false },
        break: { type: 'boolean', default: false },
        table: { type: 'boolean', default: false },
        short: { type: 'boolean', default: false },
        part: { type: 'string' },
        only: { type: 'string', multiple: true },
        minutes: { type: 'string' },
        faults: { type: 'string' },
        from: { type: 'string' },
        stacks: { type: 'string', default: '2' },
        seed: { type: 'string' },
      },
    }).values
  } catch (err) {
    throw new UserError(err instanceof Error ? err.message : String(err))
  }
}
