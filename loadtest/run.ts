// PROCESS: npm run load -- SCENARIO. One k6 scenario against BASE_URL or a stack of its own, and then the audit of what was told.
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '#src/errors.ts'
import { orExit } from '#src/or-exit.ts'
import { openScope } from '../bench/scope.ts'
import { auditLedger } from './runner/audit-ledger.ts'
import { loseDecision, startFailingFront } from './runner/faults.ts'
import { findK6 } from './runner/find-k6.ts'
import { holdDecisions } from './runner/hold.ts'
import { readOptions } from './runner/options.ts'
import { readLedger, writeLedger } from './runner/read-ledger.ts'
import { startK6 } from './runner/run-k6.ts'
import { startStack } from './runner/start-stack.ts'
import { tellProgress } from './runner/tell-progress.ts'
import { untilDecided } from './runner/until-decided.ts'
import { describeVerdict, judge, writeReport } from './runner/verdict.ts'
import { cleanUpAfterKilledRuns, makeWorkFolder, removeFolder } from './runner/work-folder.ts'

const options = orExit(() => readOptions(process.argv.slice(2), process.env))
const { name, settings, campaign, seed, first, fault } = options
const root = join(import.meta.dirname, '..')
const reports = join(root, 'reports', 'load', fault ? `${name}-${fault}` : name)
/** What the last run left: its ledger, with receipts in it, and the logs of its processes. */
const kept = join(root, '.cache', 'load', name)

const scope = openScope()
const stopping = new AbortController()
const { signal } = stopping
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    stopping.abort()
    void scope.close()
  })
const tell = (line: string) => process.stdout.write(`  ${line}\n`)

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (err) {
  process.exitCode = 1
  // Told to stop, whatever was under way failed.
  if (!signal.aborted) console.error(err instanceof UserError ? err.message : err)
} finally {
  await scope.close()
}
process.exit(signal.aborted ? 130 : process.exitCode)

async function run(): Promise<boolean> {
  const binary = await findK6(tell, signal)
  rmSync(kept, { recursive: true, force: true })
  mkdirSync(kept, { recursive: true, mode: 0o700 })
  await cleanUpAfterKilledRuns()
  const folder = await scope.keep(async () => makeWorkFolder(), removeFolder)
  const stack = options.baseUrl ? null : await ownStack(folder)
  const url = stack?.url ?? options.baseUrl!
  tell(`${name} against ${url}, campaign ${campaign}, people of seed ${seed}${fault ? `, broken: ${fault}` : ''}`)
  const front =
    fault === 'failing-answers'
      ? await scope.keep(
          () => startFailingFront(url),
          (started) => started.stop(),
        )
      : null
  const goOn = stack && settings.HOLD ? await holdDecisions(stack.pool, campaign) : null

  const files = { consoleFile: join(folder, 'console.txt'), summaryFile: join(folder, 'k6.json') }
  const inEnv = { ...settings, BASE_URL: front?.url ?? url, CAMPAIGN: campaign, SEED: seed, FIRST: first, LEDGER: 1 }
  const env = Object.fromEntries(Object.entries(inEnv).map(([key, value]) => [key, String(value)]))
  const k6 = await scope.keep(
    async () => startK6({ binary, name, env, ...files }),
    (started) => started.stop(),
  )
  const stopTelling = tellProgress(url, campaign, tell)
  const [summary] = await Promise.all([k6.finished, goOn?.(settings.HOLD!, signal)]).finally(stopTelling)

  const { ledger, remarks } = await readLedger(files.consoleFile)
  for (const remark of remarks.slice(0, 20)) tell(remark)
  const ledgerFile = join(kept, 'ledger.ndjson')
  await writeLedger(ledgerFile, ledger)
  const undecided = await untilDecided(url, campaign, signal)
  if (fault === 'lost-decision' && stack) await loseDecision(stack.env.DATABASE_URL!, ledger)
  const auditEnv = stack ? stack.env : process.env
  const audit = auditEnv.DATABASE_URL ? await auditLedger(ledgerFile, auditEnv, signal) : null

  const { verdict, metrics } = await judge(options, files.summaryFile, { told: ledger.length, undecided, audit })
  const said = describeVerdict(verdict)
  process.stdout.write(`\n${said}`)
  await writeReport(reports, options, { verdict, metrics, text: `${summary}\n${said}` })
  tell(`written: ${reports}`)
  return verdict.holds
}

function ownStack(folder: string) {
  tell(
    `starting Postgres, Redis, an API${fault === 'no-allocator' ? '' : ' and an allocator'}; ${settings.PEOPLE} people`,
  )
  return startStack({
    scope,
    folder,
    logs: join(kept, 'logs'),
    campaign: { id: campaign, people: settings.PEOPLE, seed, first },
    withAllocator: fault !== 'no-allocator',
  })
}
