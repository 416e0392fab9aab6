import type { Queryable } from './pool.ts'

/** What decides whether a commit lasts, and how much there is room for. */
export type ServerSettings = {
  version: string
  fsync: string
  synchronousCommit: string
  fullPageWrites: string
  logParameters: string
  recovering: boolean
  maxConnections: number
  /** Connections of all databases that are open. */
  connections: number
  /** The server's clock, in epoch ms. */
  now: number
}

/** How the server is set, as this session sees it. */
export async function readServerSettings(db: Queryable): Promise<ServerSettings> {
  const { rows } = await db.query<ServerSettings>({
    name: 'server_settings.read',
    text: `
      select current_setting('server_version') as version, current_setting('fsync') as fsync,
             current_setting('synchronous_commit') as "synchronousCommit",
             current_setting('full_page_writes') as "fullPageWrites",
             current_setting('log_parameter_max_length_on_error') as "logParameters",
             pg_is_in_recovery() as recovering,
             current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as "maxConnections",
             (select count(*) from pg_stat_activity where datid is not null and application_name <> '') as connections,
             extract(epoch from clock_timestamp())::float8 * 1000 as now`,
  })
  return rows[0]!
}

/** Our processes that are connected to this database, by the name that they give: how many connections each kind has. */
export async function readOwnSessions(db: Queryable): Promise<Map<string, number>> {
  const { rows } = await db.query<{ name: string; sessions: number }>({
    name: 'server_settings.read_own_sessions',
    text: `
      select application_name as name, count(*) as sessions
        from pg_stat_activity
       where datname = current_database() and application_name like 'junban-%'
       group by 1`,
  })
  return new Map(rows.map(({ name, sessions }) => [name, sessions]))
}

/** The names of the migrations that were applied. */
export async function readAppliedMigrations(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>({
    name: 'server_settings.read_migrations',
    text: 'select name from migrations order by id',
  })
  return rows.map(({ name }) => name)
}
