import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Keys } from '#src/config.ts'
import { type EmbeddedPostgres, startPostgres } from '#src/embedded/postgres.ts'
import { superuserOf } from '#src/embedded/postgres-cluster.ts'
import type { Logger } from '#src/logger.ts'
import { insertWholeCampaign } from '#src/operations/insert-whole-campaign.ts'
import { upsertLocations } from '#src/postgres/locations.ts'
import { migrate } from '#src/postgres/migrate.ts'
import { createPool } from '#src/postgres/pool.ts'
import { upsertSchedules } from '#src/postgres/schedules.ts'
import { upsertStagedSlots } from '#src/postgres/slots.ts'
import { createStagedSlots, finishStagedSlots, stageSlots } from '#src/postgres/staged-slots.ts'
import { transaction } from '#src/postgres/transaction.ts'
import { removeDir } from './bench-dir.ts'
import { campaignFile, locations, slots } from './campaign.ts'
import type { Scope } from './scope.ts'

const readyLogFile = join(import.meta.dirname, '../deploy/postgres/ready-log.sql')

/** Ours: migrated, with the campaign. The peers': their own tables, with the same slots. */
export type Kind = 'ours' | 'peers'

export type Databases = {
  pid: number
  /** A fresh copy with the campaign in it; resolves to its URL. Dropped, and written out to disk, when the scope closes. */
  fresh(kind: Kind, scope: Scope): Promise<string>
}

/** Starts a durable Postgres for the whole run, with a template of each kind. */
export async function startDatabases({
  dir,
  keys,
  log,
  scope,
}: {
  dir: string
  keys: Keys
  log: Logger
  scope: Scope
}): Promise<Databases> {
  const postgres = await scope.keep(
    () => startPostgres({ dataDir: join(dir, 'postgres'), log }),
    async ({ stop, home }) => {
      await stop('immediate')
      removeDir(home)
    },
  )
  const urlOf = (database: string) => {
    const url = new URL(postgres.url)
    url.pathname = `/${database}`
    return url.href
  }
  const onServer = (sql: string) => withClient(postgres.url, (client) => client.query(sql))

  for (const kind of ['ours', 'peers'] as const) await onServer(`create database template_${kind}`)
  await fillOurs(urlOf('template_ours'), keys, log)
  await fillPeers(urlOf('template_peers'))
  await readyLog(postgres)

  let made = 0
  return {
    pid: postgres.pid,
    fresh: (kind, inner) => {
      const name = `bench_${++made}`
      return inner.keep(
        async () => {
          await onServer(`create database ${name} template template_${kind}`)
          return urlOf(name)
        },
        // Dropping ends in a checkpoint: what one contender has written does not slow down the next. Vacuuming is ended by a plain drop, but
        // by force only for a superuser; who is still connected, after a Ctrl-C, only by force.
        () => onServer(`drop database ${name}`).catch(() => onServer(`drop database ${name} with (force)`)),
      )
    },
  }
}

/** As before an opening: what a new Postgres does at its first sight of a load is measured for nobody. */
async function readyLog(postgres: EmbeddedPostgres): Promise<void> {
  const client = new pg.Client(superuserOf(postgres))
  await client.connect()
  try {
    await client.query(readFileSync(readyLogFile, 'utf8'))
  } finally {
    await client.end()
  }
}

/** One connection, for what the bench itself asks. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // Ended by the server when its database is dropped after a Ctrl-C: the query under way says so, or there is none.
  client.on('error', () => {})
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

async function fillOurs(url: string, keys: Keys, log: Logger): Promise<void> {
  await migrate(url, log)
  const pool = createPool({ url, role: 'junban_operator', name: 'bench', log, max: 1 })
  try {
    await transaction(pool, async (tx) => {
      await insertWholeCampaign(tx, { campaign: campaignFile, master: keys.master, by: 'bench' })
      await createStagedSlots(tx)
      await stageSlots(tx, slots)
      await finishStagedSlots(tx)
      await upsertLocations(tx, campaignFile.id, locations)
      const schedules = locations.map(({ id }) => ({ id, locationId: id, service: null }))
      await upsertSchedules(tx, campaignFile.id, schedules)
      await upsertStagedSlots(tx, campaignFile.id)
    })
  } finally {
    await pool.end()
  }
  await withClient(url, (client) => client.query('vacuum analyze'))
}

async function fillPeers(url: string): Promise<void> {
  await withClient(url, async (client) => {
    await client.query(readFileSync(new URL('./peers/schema.sql', import.meta.url), 'utf8'))
    await client.query(
      `insert into slots (campaign_id, id, location_id, starts_at, ends_at, capacity)
       select $1, id, location_id, to_timestamp(starts_ms / 1000), to_timestamp(ends_ms / 1000), capacity
         from unnest($2::text[], $3::text[], $4::float8[], $5::float8[], $6::int[])
           as slot (id, location_id, starts_ms, ends_ms, capacity)`,
      [
        campaignFile.id,
        slots.map(({ id }) => id),
        slots.map(({ scheduleId }) => scheduleId),
        slots.map(({ startsAt }) => startsAt),
        slots.map(({ endsAt }) => endsAt),
        slots.map(({ capacity }) => capacity),
      ],
    )
    await client.query('vacuum analyze')
  })
}
