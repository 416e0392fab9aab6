import closeWithGrace from 'close-with-grace'
import { loadConfigAndKeys } from './config.ts'
import { leaveWithParent } from './embedded/leave-with-parent.ts'
import { buildApp } from './http/app.ts'
import { createBatchMeter } from './http/batch-meter.ts'
import { listenBacklog } from './http/limits.ts'
import { createAdmission } from './intake/admission.ts'
import { checkNotPaused } from './intake/check-not-paused.ts'
import { createIntake } from './intake/intake.ts'
import { createMirror } from './intake/mirror.ts'
import { createRecover } from './intake/recover.ts'
import { createRegisters } from './intake/registers.ts'
import { createLogger } from './logger.ts'
import { createAuthenticate } from './operations/authenticate.ts'
import { createOperate } from './operations/operate.ts'
import { orExit } from './or-exit.ts'
import { readNoticeDepth } from './postgres/notices.ts'
import { createPool } from './postgres/pool.ts'
import { readPulse } from './postgres/pulse.ts'
import { readQueueDepths } from './postgres/queues.ts'
import { insertRecovery } from './postgres/recoveries.ts'
import { createFingerprints } from './privacy/fingerprints.ts'
import { createReceipts } from './privacy/receipts.ts'
import { createAcceptBatch } from './queue/accept-batch.ts'
import { StoreAway } from './queue/breaker.ts'
import { createDrainSpool } from './queue/drain-spool.ts'
import { openLogStore, openPipeStore } from './queue/stores.ts'
import { watchSpool } from './queue/watch-spool.ts'
import { createAnnouncements } from './status/announcements.ts'
import { createAvailability } from './status/availability.ts'
import { createBoard } from './status/board.ts'
import { createCatalogue } from './status/catalogue.ts'
import { createClock } from './status/clock.ts'
import { watchEventLoop } from './status/event-loop.ts'
import { createLines } from './status/line.ts'
import { noteCommand, recallCommand } from './status/noted-commands.ts'
import { recallOutcome } from './status/outcomes.ts'
import { startPulse } from './status/pulse.ts'
import { createReadReservation } from './status/read-reservation.ts'
import { createLadder } from './status/rung.ts'
import { viewReservation } from './status/view-reservation.ts'
import { isIntakePaused, viewStatus } from './status/view-status.ts'

/** A stop waits this long for answers that are owed. */
const shutdownMs = 10_000
/** A statement of the log that the server has not ended by then is ended: nobody has waited for more than 400 ms. */
const logStatementMs = 1_000
/** What an operator does may wait for an import that holds the campaign, but not longer than a proxy waits for us. */
const operatorStatementMs = 5_000
/** Reading may take longer than accepting: nobody is lost meanwhile. */
const readBoundMs = 2_000
/** Pages of a large register take longer. A connection whose server has gone without a word is held for a second more than this. */
const readStatementMs = 5_000

const { config, keys } = orExit(() => loadConfigAndKeys())
const log = createLogger(config.logLevel, 'api')

// Intake's writes have connections of their own, so that a status storm cannot take them.
const logPool = createPool({
  url: config.databaseUrl,
  role: 'junban_api',
  name: 'api-log',
  log,
  statementTimeoutMs: logStatementMs,
})
const readPool = createPool({
  url: config.databaseUrl,
  role: 'junban_api',
  name: 'api',
  log,
  statementTimeoutMs: readStatementMs,
})
const operatorPool = createPool({
  url: config.databaseUrl,
  role: 'junban_operator',
  name: 'api-operator',
  log,
  max: 2,
  statementTimeoutMs: operatorStatementMs,
  lockTimeoutMs: operatorStatementMs,
})
const pipe = config.redisUrl ? openPipeStore(config.redisUrl, 'api', log) : null
const logStore = openLogStore(logPool, pipe, log)
const askPostgres = <T>(work: () => Promise<T>) => logStore.breaker.run(work, readBoundMs)

/** An operator's statement that waits for a lock says nothing of Postgres, so the breaker does not count it. */
async function askAsOperator<T>(work: () => Promise<T>): Promise<T> {
  if (logStore.breaker.isOpen()) throw new StoreAway('postgres is away')
  return work()
}

const clock = createClock()
const board = createBoard()
const announcements = createAnnouncements({ pool: readPool })
const catalogue = createCatalogue({ pool: readPool, masterKeys: keys.master, log })
const registers = createRegisters({ pool: readPool, log })
const receipts = createReceipts(keys.receipt)
const fingerprints = createFingerprints(keys.voucher)
const batchMeter = createBatchMeter()
const intake = createIntake({
  catalogue,
  registers,
  fingerprints,
  receipts,
  acceptBatch: batchMeter.measure(createAcceptBatch({ logStore, pipe, drainSoon: () => spoolWatch?.lookSoon(), log })),
  noteCommand: async (command) => {
    // Without it, one that waits in the spool cannot be seen for a while.
    await pipe?.breaker
      .run(() => noteCommand(pipe.redis, command))
      .catch((err) => log.debug({ err }, 'command not noted'))
  },
  board,
  clock,
})

const mirror =
  pipe &&
  createMirror({
    redis: pipe.redis,
    ask: (work) => pipe.breaker.run(work, readBoundMs),
    catalogue,
    registers,
    board,
    announcements,
    log,
  })
/** Whether the campaigns have been read once: before that every request would be refused. */
let loaded = false
/** From the first moment of a stop: who sends traffic looks elsewhere while we still answer. */
let stopping = false
const pulse = startPulse({
  read: async () => {
    const read = await askPostgres(() => readPulse(readPool))
    for (const { campaign, lane, servingNumber } of read.beats) intake.served(campaign, lane, servingNumber)
    return read
  },
  clock,
  board,
  follow: async (versions) => {
    await announcements.follow(versions.announcement)
    await catalogue.follow(versions.catalogue)
    await registers.follow(versions.register, (id) => {
      const campaign = catalogue.get(id)
      return campaign?.eligibility === 'register' ? campaign.cohorts.map((cohort) => cohort.id) : undefined
    })
    loaded = true
  },
  missed: async () => {
    if (!loaded && mirror) loaded = await mirror.restore()
  },
  log,
})
const spoolWatch =
  pipe &&
  watchSpool({
    pipe,
    drainSpool: createDrainSpool({ logStore, pipe, log }),
    campaigns: () => catalogue.all().map(({ id }) => id),
    log,
  })
const spooledBatches = () => spoolWatch?.spooledBatches() ?? 0

const eventLoop = watchEventLoop(() => ladder.look())
const admission = createAdmission({
  isOverloaded: eventLoop.isOverloaded,
  waitSeconds: (campaign, lane) => board.wait(campaign, lane, null).p50Seconds,
})
const ladder = createLadder({
  signs: {
    postgresAway: logStore.breaker.isOpen,
    redisAway: () => pipe?.breaker.isOpen() ?? false,
    redisConfigured: pipe !== null,
    spooling: () => spooledBatches() > 0,
    overloaded: () => eventLoop.isOverloaded() || admission.isShedding(),
    waiting: board.waiting,
    served: board.served,
  },
  now: clock.now,
  log,
})

const readReservation = createReadReservation({
  pool: readPool,
  askPostgres,
  fresh: pipe && {
    outcome: (batchId, place) => pipe.breaker.run(() => recallOutcome(pipe.redis, batchId, place)),
    command: (id) => pipe.breaker.run(() => recallCommand(pipe.redis, id)),
    isSpooled: (campaign, lane, batchId) => pipe.breaker.run(() => pipe.spool.holds(campaign, lane, batchId)),
    isSpooling: () => spooledBatches() > 0,
  },
})
const lineWait = createLines({ pool: readPool, askPostgres })
const authenticate = createAuthenticate({ pool: readPool, ask: askPostgres })

const app = await buildApp({
  log,
  trustedProxies: config.trustedProxies,
  refusalsPerMinute: config.refusalsPerMinute,
  submit: (submission) => admission.run(() => intake.submit(submission)),
  acceptCommand: (submission) => admission.run(() => intake.acceptCommand(submission)),
  admit: (campaign, lane, options?: { isExpected: boolean }) => {
    checkNotPaused(board, campaign, lane)
    admission.check(campaign, lane, options)
  },
  turnsAway: admission.turnsAway,
  excess: admission.excess,
  view: async (receipt) => {
    const state = await readReservation(receipt)
    const inLine = state.place === null ? null : await lineWait(state.campaign, state.place)
    return viewReservation(state, { catalogue, board, inLine })
  },
  signReceipt: receipts.sign,
  verify: (token) => receipts.verify(token, Math.floor(clock.now() / 1_000)),
  recover: createRecover({
    catalogue,
    fingerprints,
    note: (recovery) => askPostgres(() => insertRecovery(readPool, recovery)),
  }),
  authenticate,
  catalogue,
  availability: createAvailability({ pool: readPool, askPostgres }),
  board,
  clock,
  announcements,
  operate: createOperate({
    pool: operatorPool,
    ask: askAsOperator,
    fingerprints,
  }),
  ladder,
  spooledBatches,
  registerSize: (campaign) => registers.get(campaign)?.size,
  readDepths: () => askPostgres(() => readQueueDepths(readPool)),
  readNoticeDepth: () => askPostgres(() => readNoticeDepth(readPool)),
  batchMeter,
  isReady: () => !stopping && loaded && ladder.look().rung !== 'refusing',
  status: () =>
    viewStatus({
      ladder,
      spooledBatches: spooledBatches(),
      announcement: announcements.view(),
      paused: isIntakePaused({ catalogue, board, now: clock.now() }),
    }),
})

// Answers that are owed first, then what serves them, then the stores.
const grace = closeWithGrace({ delay: shutdownMs }, async ({ err, signal }) => {
  stopping = true
  log.info({ err, signal }, 'api stopping')
  await app.close()
  await intake.flushed()
  eventLoop.close()
  admission.close()
  mirror?.close()
  await Promise.all([pulse.close(), spoolWatch?.close()])
  await pipe?.close()
  logStore.breaker.close()
  await Promise.all([logPool.end(), readPool.end(), operatorPool.end()])
})
leaveWithParent(() => grace.close())

await pulse.first
await app.listen({ host: config.host, port: config.port, backlog: listenBacklog })
log.info({ url: app.listeningOrigin }, 'api listening')
