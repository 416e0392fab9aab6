#!/usr/bin/env node
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join, parse } from 'node:path'
import { Command } from 'commander'
import { pino } from 'pino'
import { loadConfig, loadKeys, loadOperatorAccess, readRunning } from './config.ts'
import { generateKeys } from './embedded/keys.ts'
import { storeFolders } from './embedded/store-folders.ts'
import { UserError } from './errors.ts'
import { createLogger } from './logger.ts'
import { askApi, askStatus } from './operations/ask-api.ts'
import type { ReadSpools } from './operations/audit/audit-invariants.ts'
import { BadRowsError } from './operations/bad-rows.ts'
import { announceCommand } from './operations/commands/announce-command.ts'
import { auditCommand } from './operations/commands/audit-command.ts'
import { campaignCommands } from './operations/commands/campaign-commands.ts'
import { type CommandLine, jsonOption } from './operations/commands/command-line.ts'
import { describeFailure } from './operations/commands/describe-failure.ts'
import { doctorCommand } from './operations/commands/doctor-command.ts'
import { formatNumber } from './operations/commands/format-table.ts'
import { noticeCommands } from './operations/commands/notice-commands.ts'
import { operatorCommands } from './operations/commands/operator-commands.ts'
import { queueCommands } from './operations/commands/queue-commands.ts'
import { reservationCommands } from './operations/commands/reservation-commands.ts'
import { rosterCommand } from './operations/commands/roster-command.ts'
import { setAsideCommands } from './operations/commands/set-aside-commands.ts'
import { slotCommands } from './operations/commands/slot-commands.ts'
import { voucherCommands } from './operations/commands/voucher-commands.ts'
import type { Screen } from './operations/commands/watch-queue.ts'
import type { Surroundings } from './operations/doctor/examine.ts'
import { migrate } from './postgres/migrate.ts'
import { createPool } from './postgres/pool.ts'
import { readSpools } from './queue/read-spools.ts'
import { connectRedis } from './queue/redis.ts'
import { readRedisFacts } from './queue/redis-facts.ts'

/** A register of a nation is applied by one statement. */
const statementTimeoutMs = 600_000
/** A second import waits for the first rather than fail. */
const lockTimeoutMs = 120_000
const progressEveryMs = 100
const redisReadyMs = 3_000
const leaveMs = 1_000

// Answers go to stdout, everything else to stderr. Without a wish the command line does not chat.
const log = createLogger(process.env.LOG_LEVEL || 'warn', 'cli', pino.destination({ dest: 2, sync: true }))

const cli: CommandLine = {
  async withPool(work) {
    const { databaseUrl: url } = loadConfig()
    // By this name allocators spare a session that holds a campaign for longer than a decision does.
    const name = 'operator'
    const pool = createPool({
      url,
      role: 'junban_operator',
      name,
      log,
      max: 1,
      statementTimeoutMs,
      lockTimeoutMs,
    })
    try {
      return await work(pool)
    } finally {
      await pool.end()
    }
  },
  keys: loadKeys,
  by: `cli:${userName()}`,
  print({ json }, answer) {
    process.stdout.write(`${json ? JSON.stringify(answer.json) : answer.human}\n`)
  },
  progress({ json }, label) {
    if (json || !process.stderr.isTTY) return () => {}
    let shownAt = 0
    return (rows) => {
      if (rows === null) process.stderr.write('\r\x1b[K')
      else if (performance.now() - shownAt > progressEveryMs) {
        shownAt = performance.now()
        process.stderr.write(`\r${formatNumber(rows)} ${label} …`)
      }
    }
  },
}

const program = new Command('junban')
  .description('the operator’s command line of Junban')
  .addCommand(campaignCommands(cli))
  .addCommand(slotCommands(cli, { fail }))
  .addCommand(queueCommands(cli, { openScreen, readStatus }))
  .addCommand(announceCommand(cli))
  .addCommand(doctorCommand(cli, { look: lookAround, fail }))
  .addCommand(setAsideCommands(cli))
  .addCommand(noticeCommands(cli))
  .addCommand(rosterCommand(cli))
  .addCommand(voucherCommands(cli))
  .addCommand(reservationCommands(cli, { access: findAccess }))
  .addCommand(operatorCommands(cli))
  .addCommand(auditCommand(cli, { readSpools: findSpools, fail }))

program
  .command('migrate')
  .description('apply what is new in migrations/')
  .option(...jsonOption)
  .action(async (options) => {
    const applied = await migrate(loadConfig().databaseUrl, log)
    const human = applied.length > 0 ? applied.map((name) => `applied ${name}`).join('\n') : 'nothing new to apply'
    cli.print(options, { json: { applied }, human })
  })

program
  .command('keys')
  .description('the keys that protect people: generate')
  .command('generate')
  .description('print three new keys as NAME=value; losing them loses what they protect')
  .option(...jsonOption)
  .action((options) => {
    const keys = generateKeys()
    const lines = Object.entries(keys).map(([name, value]) => `${name}=${value}`)
    cli.print(options, { json: keys, human: lines.join('\n') })
  })

process.stdout.on('error', (err: NodeJS.ErrnoException) => {
  if (err.code !== 'EPIPE') throw err
})

try {
  await program.parseAsync()
} catch (err) {
  const message = describeFailure(err)
  const detail = err instanceof BadRowsError ? { rows: err.rows, total: err.total } : {}
  const asJson = process.argv.includes('--json')
  process.stderr.write(`${asJson ? JSON.stringify({ error: message.split('\n')[0], ...detail }) : message}\n`)
  log.debug({ err }, 'command failed')
  process.exitCode = 1
}

function fail() {
  process.exitCode = 1
}

/** The terminal, until Ctrl-C or until who reads our output is gone. */
function openScreen(): Screen {
  const left = new AbortController()
  const leave = () => {
    left.abort()
    // A store that does not answer must not keep the terminal.
    setTimeout(() => process.exit(0), leaveMs).unref()
  }
  process.once('SIGINT', leave).once('SIGTERM', leave)
  process.stdout.once('error', leave)
  return {
    isTerminal: process.stdout.isTTY,
    size: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
    write: (text) => process.stdout.write(text),
    left: left.signal,
  }
}

/** The API of the running `npm start`; null when there is none, or it is of another database. */
function findApi(): string | null {
  const { databaseUrl, dataDir } = loadConfig()
  const running = readRunning(dataDir)
  return running?.databaseUrl === databaseUrl ? running.apiUrl : null
}

/** The API to send to, and the key to show there. */
function findAccess(named: string | undefined): { api: string; operatorKey: string } {
  const { apiUrl, operatorKey, dataDir } = loadOperatorAccess()
  const api = named ?? apiUrl ?? readRunning(dataDir)?.apiUrl
  if (!api) throw new UserError('JUNBAN_API_URL is not set, and no `npm start` is running: set it, or give --api')
  if (!operatorKey)
    throw new UserError('JUNBAN_OPERATOR_KEY is not set: `junban operator add NAME --role agent` prints one')
  return { api: api.replace(/\/+$/, ''), operatorKey }
}

async function readStatus() {
  const apiUrl = findApi()
  return apiUrl === null ? null : askStatus(apiUrl)
}

/** What the doctor looks at beside the database. */
async function lookAround(): Promise<Surroundings> {
  const { redisUrl, databaseUrl, dataDir } = loadConfig()
  const apiUrl = findApi()
  const folder = join(import.meta.dirname, '..')
  return {
    redis: redisUrl ? await readRedisFacts(redisUrl, log).catch((err: Error) => err) : null,
    api: apiUrl === null ? null : await askApi(apiUrl),
    master: tryKeys(),
    folders: readRunning(dataDir)?.databaseUrl === databaseUrl ? storeFolders(dataDir) : [],
    migrations: readdirSync(join(folder, 'migrations'))
      .map((name) => parse(name).name)
      .sort(),
    reports: join(folder, 'reports'),
  }
}

function tryKeys() {
  try {
    return loadKeys().master
  } catch (err) {
    return err as Error
  }
}

/** The spools of the Redis that is configured. One that does not answer fails the command: what it holds would look lost. */
function findSpools(): ReadSpools | null {
  const { redisUrl } = loadConfig()
  if (!redisUrl) return null
  return async function* (lanes) {
    const redis = connectRedis(redisUrl, 'operator', log)
    try {
      await once(redis, 'ready', { signal: AbortSignal.timeout(redisReadyMs) }).catch(() => {
        throw new UserError('Redis cannot be reached: what waits in its spools would look lost')
      })
      yield* readSpools(redis, lanes)
    } finally {
      redis.disconnect()
    }
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown') // a container's user without a name
  }
}
