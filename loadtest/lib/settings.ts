import { defaults, type ScenarioName } from './defaults.ts'

/** The service under load, and the campaign to book in. */
export const baseUrl = (__ENV.BASE_URL || 'http://127.0.0.1:3000').replace(/\/+$/, '')
export const campaign = __ENV.CAMPAIGN || 'demo'
/** Which people: those of `junban vouchers generate --seed SEED`, from number FIRST on. */
export const seed = read('SEED', 1)
export const first = read('FIRST', 0)

/** The settings of one scenario: its defaults, or what the environment says. */
export function settingsOf<Name extends ScenarioName>(name: Name): (typeof defaults)[Name] {
  const known = defaults[name]
  return Object.fromEntries(Object.entries(known).map(([key, value]) => [key, read(key, value)])) as typeof known
}

function read(name: string, otherwise: number): number {
  const value = Number(__ENV[name] || otherwise)
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is not a whole number`)
  return value
}
