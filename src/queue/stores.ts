import type { Redis } from 'ioredis'
import type { Logger } from '../logger.ts'
import { isConstraintViolation, isSurelyNotDone, isTransient } from '../postgres/errors.ts'
import type { Pool } from '../postgres/pool.ts'
import { type Breaker, createBreaker, StoreAway } from './breaker.ts'
import { createJobQueues, type JobQueues } from './job-queues.ts'
import { connectRedis, findUnsafeSetting, readFullness } from './redis.ts'
import { createSpool, type Spool } from './spool.ts'

/** Fuller than this a Redis counts as away, so that nobody waits for what it would refuse; and until it is emptier than that. */
const [fullFrom, fullUntil] = [0.9, 0.8]
/** How often it is looked at. A spool that takes 10,000 requests a second grows by some 6 MB meanwhile. */
const lookAtMemoryEveryMs = 1_000

/** Postgres, behind its breaker. */
export type LogStore = { pool: Pool; breaker: Breaker }
/** Redis, behind its breaker: the jobs and the spool. */
export type PipeStore = { redis: Redis; breaker: Breaker; jobs: JobQueues; spool: Spool; close(): Promise<void> }

/** Puts a breaker before Postgres. The probe asks for a write's worth: a server in recovery is away. `pipe`: null where there is no Redis. */
export function openLogStore(pool: Pool, pipe: Pick<PipeStore, 'breaker'> | null, log: Logger): LogStore {
  const breaker = createBreaker({
    store: 'postgres',
    isOnly: () => pipe === null || pipe.breaker.isOpen(),
    isFailure: (err) => isTransient(err) && !isConstraintViolation(err),
    probe: async () => {
      const { rows } = await pool.query('select pg_is_in_recovery() as recovering')
      if (rows[0].recovering) throw new StoreAway('postgres is in recovery')
    },
    log,
  })
  return { pool, breaker }
}

/** Connects to Redis and puts a breaker before it. Unsafe settings, found at any connect, count as away. */
export function openPipeStore(url: string, name: string, log: Logger): PipeStore {
  const redis = connectRedis(url, name, log)
  let unsafe: string | null = null

  async function checkSettings() {
    const found = await findUnsafeSetting(redis)
    if (found && found !== unsafe)
      log.error({ store: 'redis', reason: found }, 'redis is not safe to use: counted as away')
    unsafe = found
    if (unsafe) throw new StoreAway(`redis is not safe to use: ${unsafe}`)
  }

  async function checkMemory(limit: number) {
    const fullness = await readFullness(redis)
    if (fullness >= limit) throw new StoreAway(`redis is full to ${Math.round(fullness * 100)} %`)
  }

  const breaker = createBreaker({
    store: 'redis',
    probe: async () => {
      await checkSettings()
      // A full Redis still answers reads.
      await redis.set('junban:probe', '1', 'PX', 1_000)
      await checkMemory(fullUntil)
    },
    log,
  })
  redis.on('ready', () => {
    if (breaker.isOpen()) breaker.probeSoon()
    else checkSettings().catch((err) => breaker.trip(err))
  })

  const timer = setInterval(() => {
    if (breaker.isOpen()) return
    checkMemory(fullFrom).catch((err) => {
      // What else goes wrong is seen by whoever needs an answer.
      if (err instanceof StoreAway) breaker.trip(err)
    })
  }, lookAtMemoryEveryMs).unref()

  const jobs = createJobQueues(redis, log)
  const spool = createSpool(redis)
  return {
    redis,
    breaker,
    jobs,
    spool,
    async close() {
      clearInterval(timer)
      breaker.close()
      await jobs.close().catch(() => {})
      redis.disconnect()
    },
  }
}

/** Redis itself said no to the whole command: it is full, a replica, loading, or cannot write to its disk. */
const redisRefusals = /^(OOM|READONLY|LOADING|MISCONF|MASTERDOWN) /

/** Whether a failed write may have happened all the same. What ioredis could not send was surely not done. */
export const perhapsDone = (err: unknown) =>
  !(err instanceof StoreAway) &&
  !isSurelyNotDone(err) &&
  !/Stream isn't writeable/.test(String(err)) &&
  !(err instanceof Error && err.name === 'ReplyError' && redisRefusals.test(err.message))
