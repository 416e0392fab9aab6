import type { Key } from '../../config.ts'
import { UserError } from '../../errors.ts'
import { readCampaignKeys } from '../../postgres/campaign-keys.ts'
import type { Pool } from '../../postgres/pool.ts'
import { readReadiness } from '../../postgres/readiness.ts'
import { readAppliedMigrations, readOwnSessions, readServerSettings } from '../../postgres/server-settings.ts'
import { checkCampaign } from './check-campaign.ts'
import { checkDisks } from './check-disk.ts'
import { checkClock, checkMigrations, checkPostgres } from './check-postgres.ts'
import { type ApiFacts, checkProcesses, checkRung } from './check-processes.ts'
import { checkRedis, type RedisFacts } from './check-redis.ts'
import { checkRehearsal } from './check-rehearsal.ts'
import { type Finding, ok, problem } from './finding.ts'

/** What lies around the database, and is given by the process. */
export type Surroundings = {
  redis: RedisFacts | null | Error
  /** Null: no API is known from here. */
  api: ApiFacts | null
  /** The keys, or why there are none. */
  master: Key[] | Error
  /** Where stores that run on this machine keep their files. */
  folders: string[]
  /** The names of this version's migrations. */
  migrations: string[]
  reports: string
}

/**
 * Looks whether everything is ready for the opening of a campaign, or of all that are not closed. `describe`: what a failure of
 * Postgres means, in one line. Throws a UserError when there is no such campaign.
 */
export async function examine({
  pool,
  campaign,
  surroundings,
  describe,
}: {
  pool: Pool
  campaign: string | null
  surroundings: Surroundings
  describe: (err: unknown) => string
}): Promise<Finding[]> {
  const { redis, api, master, folders, reports } = surroundings
  const database = await examineDatabase(pool, campaign, surroundings).catch((err) => {
    if (err instanceof UserError) throw err
    return [problem('Postgres answers', describe(err), 'start it, or correct DATABASE_URL')]
  })
  const keys =
    master instanceof Error
      ? problem('keys are there', master.message, 'give this process the keys that the APIs have')
      : ok('keys are there', 'all three')
  return [
    ...database,
    ...checkRedis(redis),
    keys,
    ...(await checkDisks(redis && !(redis instanceof Error) && redis.dir ? [...folders, redis.dir] : folders)),
    ...checkRung(api),
    await checkRehearsal(reports),
  ]
}

async function examineDatabase(
  pool: Pool,
  campaign: string | null,
  { migrations, api, master }: Surroundings,
): Promise<Finding[]> {
  const connection = await pool.connect()
  try {
    // Connected already, so that the answer takes one way there and back.
    const askedAt = Date.now()
    const settings = await readServerSettings(connection)
    const findings = [
      ...checkPostgres(settings),
      checkClock(settings.now - (askedAt + Date.now()) / 2),
      checkMigrations(migrations, await readAppliedMigrations(connection)),
      ...checkProcesses(await readOwnSessions(connection)),
    ]
    // What follows stands in tables that a missing migration may lack.
    if (findings.some(({ check, level }) => check.startsWith('migrations') && level === 'problem')) return findings
    const found = await readReadiness(connection, campaign)
    if (found.length === 0 && campaign !== null)
      throw new UserError(`there is no campaign ${campaign}`, { type: 'not-found' })
    if (found.length === 0)
      findings.push(problem('there is a campaign', 'none that is not closed', 'junban campaign create FILE'))
    for (const one of found) {
      const keys = await readCampaignKeys(connection, one.id)
      findings.push(...checkCampaign(one, { keys, master: master instanceof Error ? null : master, api }))
    }
    return findings
  } finally {
    connection.release()
  }
}
