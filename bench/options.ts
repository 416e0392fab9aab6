import { parseArgs } from 'node:util'
import { UserError } from '#src/errors.ts'
import { contenders } from './contenders/all.ts'
import type { Contender } from './contenders/contender.ts'
import { normalSizes, quickSizes, type Sizes } from './sizes.ts'

export type Options = { help: boolean; json: string | null; sizes: Sizes; contenders: Contender[] }

export const usage = `npm run bench -- [options]

  --quick           one short round: does it all still work?
  --rounds N        how often everything is measured (${normalSizes.rounds})
  --only NAME,…     only these: ${contenders.map(({ name }) => name).join(', ')}
  --json FILE       also writes the figures to a file
`

/** What was asked for. Throws a UserError for what there is not. */
export function readOptions(args: string[]): Options {
  const { values } = parse(args)
  const sizes = values.quick ? quickSizes : normalSizes
  const rounds = Number(values.rounds ?? sizes.rounds)
  if (!Number.isInteger(rounds) || rounds < 1) throw new UserError(`--rounds ${values.rounds}: not a number of rounds`)
  return {
    help: values.help,
    json: values.json ?? null,
    sizes: { ...sizes, rounds },
    contenders: values.only ? values.only.split(',').map(find) : contenders,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: 'boolean', default: false },
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'string' },
      },
    })
  } catch (err) {
    throw new UserError(`${(err as Error).message}\n\n${usage}`)
  }
}

function find(name: string): Contender {
  const found = contenders.find((contender) => contender.name === name.trim())
  if (!found)
    throw new UserError(`--only ${name}: there is ${contenders.map((contender) => contender.name).join(', ')}`)
  return found
}
