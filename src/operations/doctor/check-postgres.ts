import type { ServerSettings } from '../../postgres/server-settings.ts'
import { type Finding, ok, problem, warning } from './finding.ts'

/** So much of the connections may be in use before the rush. */
const busyShare = 0.7
const fullShare = 0.9
/** A clock that is off by more shows wrong times to whoever compares logs; by far more, one of the two is not being set. */
const clockWarningMs = 1_000
const clockProblemMs = 10_000

/** Whether a commit lasts, and there is room. */
export function checkPostgres(settings: ServerSettings): Finding[] {
  return [checkDurability(settings), checkConnections(settings), checkLogging(settings)]
}

function checkDurability({ version, fsync, fullPageWrites, synchronousCommit, recovering }: ServerSettings): Finding {
  const check = 'Postgres is durable'
  if (recovering)
    return problem(check, 'it is in recovery: a standby', 'point DATABASE_URL to the primary, or promote it')
  const unsafe = [
    ...(fsync === 'off' ? ['fsync = off'] : []),
    ...(fullPageWrites === 'off' ? ['full_page_writes = off'] : []),
    ...(synchronousCommit === 'off' ? ['synchronous_commit = off'] : []),
  ]
  if (unsafe.length > 0)
    return problem(check, unsafe.join(', '), 'set each to on: a power cut would lose what was acknowledged')
  return ok(check, `${version}, fsync and full_page_writes on, synchronous_commit ${synchronousCommit}`)
}

function checkConnections({ connections, maxConnections }: ServerSettings): Finding {
  const check = 'Postgres has connections left'
  const found = `${connections} of ${maxConnections} in use`
  const advice = 'raise max_connections, or end what else is connected: each process of Junban takes up to twelve'
  if (connections >= maxConnections * fullShare) return problem(check, found, advice)
  return connections >= maxConnections * busyShare ? warning(check, found, advice) : ok(check, found)
}

function checkLogging({ logParameters }: ServerSettings): Finding {
  const check = 'Postgres logs no parameters'
  if (logParameters === '0') return ok(check, 'log_parameter_max_length_on_error = 0')
  return warning(
    check,
    `log_parameter_max_length_on_error = ${logParameters}`,
    'set it to 0: keyed hashes and sealed boxes would stand in the server’s log',
  )
}

/** Whether this machine's clock and the database's agree. `offsetMs`: how far the database is ahead. */
export function checkClock(offsetMs: number): Finding {
  const check = 'clocks agree'
  const found = `the database is ${Math.abs(offsetMs / 1_000).toFixed(1)} s ${offsetMs < 0 ? 'behind' : 'ahead of'} this machine`
  const advice = 'set both by NTP: campaigns open by the database’s clock'
  if (Math.abs(offsetMs) > clockProblemMs) return problem(check, found, advice)
  return Math.abs(offsetMs) > clockWarningMs ? warning(check, found, advice) : ok(check, found)
}

/** Whether all migrations of this version were applied. */
export function checkMigrations(wanted: string[], applied: string[]): Finding {
  const check = 'migrations are applied'
  const missing = wanted.filter((name) => !applied.includes(name))
  if (missing.length > 0) return problem(check, `${missing.join(', ')} not applied`, 'run `npm run migrate`')
  const unknown = applied.filter((name) => !wanted.includes(name))
  if (unknown.length > 0)
    return warning(check, `${unknown.join(', ')} applied by a newer version`, 'run the newest version everywhere')
  return ok(check, `all ${wanted.length}`)
}
