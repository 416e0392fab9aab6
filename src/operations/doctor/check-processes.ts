import { type Finding, ok, problem, warning } from './finding.ts'

/** Whether somebody accepts and somebody decides, by who is connected to the database. */
export function checkProcesses(sessions: ReadonlyMap<string, number>): Finding[] {
  return [
    sessions.has('junban-api')
      ? ok('an API runs', 'connected to the database')
      : problem('an API runs', 'none is connected to the database', 'start one: `npm run api`'),
    sessions.has('junban-allocator')
      ? ok('an allocator runs', 'connected to the database')
      : problem('an allocator runs', 'none is connected to the database', 'start one: `npm run allocator`'),
  ]
}

/** What a running API says of itself; `registers`: how many vouchers it has in memory, by campaign. */
export type ApiFacts = { rung: string; intake: string; registers: ReadonlyMap<string, number> }

/** `api` null: none is known from here. */
export function checkRung(api: ApiFacts | null): Finding[] {
  if (!api) return []
  const check = 'the API is well'
  const found = `rung ${api.rung}, intake ${api.intake}`
  if (api.rung === 'normal' && api.intake === 'open') return [ok(check, found)]
  if (api.rung === 'refusing') return [problem(check, found, 'no store answers it: bring one back')]
  if (api.intake === 'paused') return [problem(check, found, 'junban queue resume CAMPAIGN --intake')]
  return [warning(check, found, 'look at its log')]
}
