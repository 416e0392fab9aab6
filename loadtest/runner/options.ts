import { parseArgs } from 'node:util'
import { UserError } from '#src/errors.ts'
import { defaults, type ScenarioName, type Settings } from '../lib/defaults.ts'
import { type Fault, faults } from './faults.ts'

export type Options = {
  name: ScenarioName
  settings: Settings
  /** The service that is given; null: a stack of our own. */
  baseUrl: string | null
  campaign: string
  seed: number
  first: number
  fault: Fault | null
}

const names = Object.keys(defaults) as ScenarioName[]

/** `npm run load -- SCENARIO [--break FAULT]` and its environment. Throws a UserError that says what is wrong. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): Options {
  const { positionals, values } = parse(args)
  const name = names.find((one) => one === positionals[0])
  if (!name || positionals.length > 1) throw new UserError(`npm run load -- SCENARIO, one of: ${names.join(', ')}`)
  const fault = faults.find((one) => one === values.break) ?? null
  if (values.break !== undefined && !fault) throw new UserError(`--break takes one of: ${faults.join(', ')}`)
  const baseUrl = env.BASE_URL || null
  if (fault && baseUrl) throw new UserError('--break is for a stack of our own: leave BASE_URL out')
  const settings = Object.fromEntries(
    Object.entries(defaults[name]).map(([key, value]) => [key, wholeNumber(env, key, value)]),
  ) as Settings
  return {
    name,
    settings,
    baseUrl,
    campaign: baseUrl ? env.CAMPAIGN || 'demo' : 'load',
    // Somebody else's service has met the people of seed 1 before: whoever comes again is no news to it.
    seed: wholeNumber(env, 'SEED', baseUrl ? Math.floor(Date.now() / 1_000) : 1),
    first: wholeNumber(env, 'FIRST', 0),
    fault,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { break: { type: 'string' } } })
  } catch (err) {
    throw new UserError((err as Error).message)
  }
}

function wholeNumber(env: NodeJS.ProcessEnv, name: string, otherwise: number): number {
  const value = Number(env[name] || otherwise)
  if (!Number.isInteger(value) || value < 0) throw new UserError(`${name}: is not a whole number`)
  return value
}
