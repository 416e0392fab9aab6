#!/usr/bin/env node
import { userInfo } from 'node:os'
import { Command } from 'commander'
import { pino } from 'pino'
import { loadConfig, loadKeys } from './config.ts'
import { generateKeys } from './embedded/keys.ts'
import { createLogger } from './logger.ts'
import { BadRowsError } from './operations/bad-rows.ts'
import { campaignCommands } from './operations/commands/campaign-commands.ts'
import { type CommandLine, jsonOption } from './operations/commands/command-line.ts'
import { describeFailure } from './operations/commands/describe-failure.ts'
import { formatNumber } from './operations/commands/format-table.ts'
import { operatorCommands } from './operations/commands/operator-commands.ts'
import { queueCommands } from './operations/commands/queue-commands.ts'
import { slotCommands } from './operations/commands/slot-commands.ts'
import { voucherCommands } from './operations/commands/voucher-commands.ts'
import { migrate } from './postgres/migrate.ts'
import { createPool } from './postgres/pool.ts'

/** A register of a nation is applied by one statement. */
const statementTimeoutMs = 600_000
/** A second import waits for the first rather than fail. */
const lockTimeoutMs = 120_000
const progressEveryMs = 100

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
  .addCommand(slotCommands(cli))
  .addCommand(queueCommands(cli))
  .addCommand(voucherCommands(cli))
  .addCommand(operatorCommands(cli))

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

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return String(process.getuid?.() ?? 'unknown') // a container's user without a name
  }
}
