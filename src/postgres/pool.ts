import pg from 'pg'
import type { Logger } from '../logger.ts'

// Numbers of a queue and counts stay far below 2^53: read int8 as a number.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)
// Instants inside the program are epoch milliseconds.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (value) =>
  Date.parse(value.replace(' ', 'T').replace(/([+-]\d\d)$/, '$1:00')),
)

export type Pool = pg.Pool
/** A connection inside a transaction. What needs one takes it, so that a pool does not compile. `processID`: the server's. */
export type Transaction = pg.PoolClient & { readonly inTransaction: true; readonly processID: number }
/** What can run one statement: a pool, or a transaction. */
export type Queryable = Pick<pg.Pool, 'query'>

export type PoolOptions = {
  url: string
  /** The database role to work as. Null: the login's own, for migrations. */
  role: 'junban_api' | 'junban_allocator' | 'junban_operator' | 'junban_notifier' | 'junban_janitor' | null
  /** Shown in pg_stat_activity. */
  name: string
  log: Logger
  /** Most connections. */
  max?: number
  /** Rows are looked up by index, whatever the statistics say. */
  byIndexOnly?: boolean
  /** Statements are sent without waiting for the answers to those before: whoever gives them together waits for all (`inTurn`). */
  pipeline?: boolean
  /** A statement is ended by the server after this long. */
  statementTimeoutMs?: number
  /** A lock is waited for this long. */
  lockTimeoutMs?: number
}

/**
 * Between 500 look-ups and one reading of 10,000 slots the planner wavers, and what it reads is bloated by updates that it does not
 * count: the same statement took half of the allocator's time after one `analyze`, and a twentieth after the next.
 */
const plansByIndex = ['-c enable_seqscan=off', '-c enable_hashjoin=off', '-c enable_mergejoin=off']
/**
 * A plan made while a table was empty reads all of it, and a prepared statement would keep that plan for ever: the first 20,000 reservations
 * of a new campaign were decided at 1,500/s, with plans made afresh at 9,000/s. Where rows are looked up by index the plan can only be the
 * same one, and making it again took 1 of the 2.3 ms that a transaction costs Postgres whatever it decides.
 */
const planCacheMode = (byIndexOnly: boolean) => (byIndexOnly ? 'force_generic_plan' : 'force_custom_plan')

/** Connections to Postgres that work as one role, and give up rather than wait for ever. */
export function createPool({
  url,
  role,
  name,
  log,
  max = 4,
  byIndexOnly = false,
  pipeline = false,
  statementTimeoutMs = 10_000,
  lockTimeoutMs = 5_000,
}: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: `junban-${name}`,
    max,
    pipeline,
    connectionTimeoutMillis: 3_000,
    // The server ends the statement; this ends the wait when the server itself is gone.
    query_timeout: statementTimeoutMs + 1_000,
    keepAlive: true,
    options: [
      ...(role ? [`-c role=${role}`] : []),
      `-c statement_timeout=${statementTimeoutMs}`,
      `-c lock_timeout=${lockTimeoutMs}`,
      // A process that froze inside a transaction lets go of the campaign.
      '-c idle_in_transaction_session_timeout=3000',
      `-c plan_cache_mode=${planCacheMode(byIndexOnly)}`,
      ...(byIndexOnly ? plansByIndex : []),
    ].join(' '),
  })
  pool.on('error', (err) => log.debug({ err }, 'idle postgres connection lost'))
  return pool
}
