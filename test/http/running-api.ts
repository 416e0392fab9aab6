import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { createDecideNext } from '#src/allocation/decide-next.ts'
import type { Key } from '#src/config.ts'
import { addOperator } from '#src/operations/add-operator.ts'
import { createCampaign } from '#src/operations/create-campaign.ts'
import { createPool } from '#src/postgres/pool.ts'
import { campaignFile, testFingerprints, testKeys, testLog } from '../setup/operator-database.ts'
import { freshDatabase, freshRedis } from '../setup/stores.ts'
import { ask } from './ask.ts'

const top = join(import.meta.dirname, '../..')
const ring = ({ id, secret }: Key) => `${id}:${secret.toString('base64url')}`
const [past, future, farFuture] = ['2020-01-01T00:00:00Z', '2090-01-01T00:00:00Z', '2099-01-01T00:00:00Z']

/** Who is in the registers: a voucher and its birth date, and the cohort. */
export const known = {
  voucher: '0123456789',
  birthDate: '1981-05-06',
  agency: { voucher: '1111111111', birthDate: '1990-03-04' },
}

// Said while the file is read: an `afterAll` that is first said in a hook is never called, and left a process for each file.
const running: (() => Promise<void>)[] = []
afterAll(async () => {
  await Promise.all(running.map((end) => end()))
})

/**
 * A real API on stores of its own, with these campaigns, each with the slot `one` at the location `east`:
 * `anyone`; `medics` (a register; its cohort `agency` opens in 2090); `upcoming` (a register, opens in 2090); `over` (a register).
 * Call it in `beforeAll`; all is gone with the file.
 */
export async function runApi(env: NodeJS.ProcessEnv = {}) {
  const [{ url: databaseUrl }, { url: redisUrl }] = await Promise.all([freshDatabase(), freshRedis()])
  const pool = createPool({ url: databaseUrl, role: 'junban_operator', name: 'test', log: testLog })
  const redis = new Redis(redisUrl)
  redis.on('error', () => {}) // it may be gone before this connection is
  const campaigns: Record<string, object> = {
    anyone: { eligibility: 'anyone', cohorts: [] },
    medics: { cohorts: [{ id: 'agency', opensAt: future }] },
    upcoming: { opensAt: future, cohorts: [] },
    over: { closesAt: '2021-01-01T00:00:00Z', cohorts: [] },
  }
  for (const [id, fields] of Object.entries(campaigns)) {
    const text = campaignFile({ id, opensAt: past, closesAt: farFuture, ...fields })
    await createCampaign({ pool, master: testKeys.master, text, by: 'test' })
    await pool.query(`
      insert into locations (campaign_id, id, name) values ('${id}', 'east', 'East'), ('${id}', 'of-${id}', 'Own');
      insert into schedules (campaign_id, id, location_id) values ('${id}', 'east', 'east');
      insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
      select '${id}', slot, 'east', 'east', '2090-02-01T09:00+09', '2090-02-01T09:30+09', 100
        from unnest(array['one', 'only-${id}']) slot`)
    if (id === 'anyone') continue
    for (const [{ voucher, birthDate }, cohort] of [
      [known, null],
      [known.agency, id === 'medics' ? 'agency' : null],
    ] as const)
      await pool.query(
        `insert into vouchers (campaign_id, fingerprint, voucher_key, cohort_id)
         values ($1, decode($2, 'hex'), decode($3, 'hex'), $4)`,
        [id, testFingerprints.person(id, voucher, birthDate), testFingerprints.voucher(id, voucher), cohort],
      )
  }
  const operatorKeys = {
    viewer: await addOperator({ pool, name: 'viewer', role: 'viewer', by: 'test' }),
    agent: await addOperator({ pool, name: 'agent', role: 'agent', by: 'test' }),
  }

  const child = spawn(process.execPath, [join(top, 'src/api.ts')], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      PORT: '0',
      LOG_LEVEL: 'trace',
      REFUSALS_PER_MINUTE: '1000000',
      JUNBAN_RECEIPT_KEYS: ring(testKeys.receipt[0]!),
      JUNBAN_MASTER_KEYS: ring(testKeys.master[0]!),
      JUNBAN_VOUCHER_KEY: ring(testKeys.voucher),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  const port = await new Promise<number>((resolve, reject) => {
    const add = (data: Buffer) => {
      output += data
      const [, found] = /"url":"http:\/\/127\.0\.0\.1:(\d+)","msg":"api listening"/.exec(output) ?? []
      if (found) resolve(Number(found))
    }
    child.stdout.on('data', add)
    child.stderr.on('data', add)
    child.once('exit', () => reject(new Error(`the api ended:\n${output}`)))
  })
  async function stop() {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  running.push(async () => {
    await stop()
    redis.disconnect()
    await pool.end()
  })
  const read = async (sql: string) => (await pool.query(sql)).rows
  return {
    port,
    pid: child.pid!,
    redis,
    read,
    /** What only the notifier's role may read. */
    asNotifier: async (sql: string) => {
      const pool = createPool({ url: databaseUrl, role: 'junban_notifier', name: 'test', log: testLog })
      return (await pool.query(sql).finally(() => pool.end())).rows
    },
    operatorKeys,
    /** Decides what waits, as an allocator would. */
    decide: async () => {
      const pool = createPool({
        url: databaseUrl,
        role: 'junban_allocator',
        name: 'test',
        log: testLog,
        pipeline: true,
      })
      const decideNext = createDecideNext({ pool, allocator: 'test', log: testLog })
      for (const campaign of Object.keys(campaigns)) while (await decideNext(campaign));
      await pool.end()
    },
    stop,
    /** All that it has written, logs above all. */
    output: () => output,
    ask: (question: Omit<Parameters<typeof ask>[0], 'port'>) => ask({ port, ...question }),
    /** Requests that any store holds. */
    stored: async () => {
      const [{ accepted }] = await read('select coalesce(sum(accepted_number), 0)::int as accepted from lanes')
      const [{ logged }] = await read(
        'select coalesce(sum(last_number - first_number + 1), 0)::int as logged from batches',
      )
      return { accepted, logged, spooled: (await redis.keys('*spool*')).length }
    },
  }
}
export type RunningApi = Awaited<ReturnType<typeof runApi>>
