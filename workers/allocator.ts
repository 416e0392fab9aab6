import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import closeWithGrace from 'close-with-grace'
import { createDecideAll } from '#src/allocation/decide-all.ts'
import { createDecideNext } from '#src/allocation/decide-next.ts'
import { loadConfig } from '#src/config.ts'
import { leaveWithParent } from '#src/embedded/leave-with-parent.ts'
import { createHeartbeat } from '#src/heartbeat.ts'
import { createLogger } from '#src/logger.ts'
import { orExit } from '#src/or-exit.ts'
import { isAnswer } from '#src/postgres/errors.ts'
import { createPool } from '#src/postgres/pool.ts'
import { consume } from '#src/queue/consume.ts'
import { createDrainSpool } from '#src/queue/drain-spool.ts'
import { connectWorkerRedis } from '#src/queue/redis.ts'
import { openLogStore, openPipeStore } from '#src/queue/stores.ts'
import { watchDeciding } from '#src/queue/watch-deciding.ts'
import { watchSpool } from '#src/queue/watch-spool.ts'
import { drainDelaySeconds } from '#src/queue/work-lane.ts'
import { startForgetChanged } from '#src/status/forget-changed.ts'
import { forgetOutcomes, rememberOutcomes } from '#src/status/outcomes.ts'

/**
 * Longer than a lock is waited for. A connection whose server has gone without a word is held for a second more than this, and the
 * campaign with it.
 */
const statementMs = 6_000
/** A stop waits this long for the transaction in flight. */
const shutdownMs = 10_000
/** A blocking read that hears nothing for this long is on a dead socket. */
const workerSocketTimeoutMs = drainDelaySeconds * 1_000 + 4_000

/** So many campaigns are decided at the same time. */
const decidingSessions = 6
/** For sweeps, jobs, the spools of several lanes, and to end a session that blocks a campaign. */
const otherSessions = 4

/** A sweep is due every second, and waits for a store that is late. */
const sweepWithinMs = 30_000

const config = orExit(() => loadConfig())
const log = createLogger(config.logLevel, 'allocator')
const allocator = `${hostname()}-${process.pid}-${randomUUID().slice(0, 8)}`

const poolOptions = {
  url: config.databaseUrl,
  role: 'junban_allocator',
  name: 'allocator',
  log,
  byIndexOnly: true,
  statementTimeoutMs: statementMs,
} as const
// What decides has sessions of its own: what was read ahead is good for the session that read it, and a session that decided last
// has everything at hand. As one of a common pool every transaction met another session, since jobs ask in between.
const decidingPool = createPool({ ...poolOptions, max: decidingSessions, pipeline: true })
const pool = createPool({ ...poolOptions, max: otherSessions })
const pipe = config.redisUrl ? openPipeStore(config.redisUrl, 'allocator', log) : null
const logStore = openLogStore(pool, pipe, log)
const workerRedis = config.redisUrl
  ? connectWorkerRedis(config.redisUrl, 'allocator-worker', workerSocketTimeoutMs, log)
  : null

const beat = createHeartbeat(config.heartbeatFile, log)
const decideNext = createDecideNext({ pool: decidingPool, helpPool: pool, allocator, log })
const watchdogPool = createPool({ url: config.databaseUrl, role: 'junban_allocator', name: 'watchdog', log, max: 1 })
const watchdog = watchDeciding({ pool: watchdogPool, end: () => process.exit(1), log })

const forgetChanged =
  pipe &&
  startForgetChanged({ pool, forget: (places) => pipe.breaker.run(() => forgetOutcomes(pipe.redis, places)), log })

const consumer = consume({
  databaseUrl: config.databaseUrl,
  logStore,
  pipe,
  workerRedis,
  decideAll: createDecideAll({
    decideNext: (campaign) =>
      decideNext(campaign).catch((err) => {
        if (isAnswer(err)) watchdog.excuse()
        throw err
      }),
    progressed: (campaign, { lane, decisions, decidedAt, changed }) => {
      log.debug({ campaign, lane, decided: decisions.length }, 'decided')
      consumer.progressed(campaign)
      if (pipe && decisions.length > 0)
        pipe.breaker
          .run(() => rememberOutcomes(pipe.redis, decidedAt, decisions))
          .catch((err) => log.debug({ err }, 'outcomes not kept in redis'))
      if (changed.length > 0) forgetChanged?.note(changed)
    },
  }),
  swept: () => beat(sweepWithinMs),
  log,
})
const spoolWatch =
  pipe &&
  watchSpool({ pipe, drainSpool: createDrainSpool({ logStore, pipe, log }), campaigns: consumer.campaigns, log })
log.info({ allocator }, 'allocator started')

// Stop taking batches, let the transaction in flight commit, and only then let go of the stores.
const grace = closeWithGrace({ delay: shutdownMs }, async ({ err, signal }) => {
  log.info({ err, signal }, 'allocator stopping')
  await watchdog.close()
  await spoolWatch?.close()
  await consumer.close()
  await forgetChanged?.close()
  await pipe?.close()
  workerRedis?.disconnect()
  logStore.breaker.close()
  await Promise.all([decidingPool.end(), pool.end(), watchdogPool.end()])
})
leaveWithParent(() => grace.close())
