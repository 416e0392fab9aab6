import closeWithGrace from 'close-with-grace'
import { loadConfig } from '#src/config.ts'
import { leaveWithParent } from '#src/embedded/leave-with-parent.ts'
import { createHeartbeat } from '#src/heartbeat.ts'
import { createLogger } from '#src/logger.ts'
import { createTidyUp } from '#src/operations/tidy-up.ts'
import { orExit } from '#src/or-exit.ts'
import { createPool } from '#src/postgres/pool.ts'
import { connectRedis } from '#src/queue/redis.ts'
import { tidyRedis } from '#src/queue/tidy-redis.ts'

/** Between two runs: what is kept for days need not go by the second. */
const runEveryMs = 10 * 60_000
/** After a run that failed, as when Postgres is away. */
const afterFailureMs = 30_000
/** No run takes longer, however much there is to clear. */
const longestRunMs = 30 * 60_000
/** A stop waits this long for the statement in flight. */
const shutdownMs = 10_000

const config = orExit(() => loadConfig())
const log = createLogger(config.logLevel, 'janitor')
const pool = createPool({ url: config.databaseUrl, role: 'junban_janitor', name: 'janitor', log, max: 1 })
const redis = config.redisUrl ? connectRedis(config.redisUrl, 'janitor', log) : null

const tidyUp = createTidyUp({
  pool,
  tidyRedis: redis && ((campaigns, olderThanMs) => tidyRedis({ redis, campaigns, log }, olderThanMs)),
  log,
})

const beat = createHeartbeat(config.heartbeatFile, log)
let timer: NodeJS.Timeout
let running: Promise<void> = Promise.resolve()
function runIn(ms: number) {
  beat(ms + longestRunMs)
  timer = setTimeout(() => {
    running = tidyUp().then(
      () => runIn(runEveryMs),
      (err: unknown) => {
        log.warn({ err }, 'not tidied up')
        runIn(afterFailureMs)
      },
    )
  }, ms)
}
log.info('janitor started')
// Redis connects meanwhile.
runIn(1_000)

const grace = closeWithGrace({ delay: shutdownMs }, async ({ err, signal }) => {
  log.info({ err, signal }, 'janitor stopping')
  clearTimeout(timer)
  await running
  clearTimeout(timer)
  redis?.disconnect()
  await pool.end()
})
leaveWithParent(() => grace.close())
