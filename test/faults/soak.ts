// PROCESS: npm run soak. Real processes under load while something is broken, and then the audit of what clients were told.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '#src/errors.ts'
import { orExit } from '#src/or-exit.ts'
import { openScope, type Scope } from '../../bench/scope.ts'
import { readOptions, usage } from './options.ts'
import { describe, faultsOf, keepReport } from './report.ts'
import { type Stack, startStack } from './stack.ts'
import { type Row, runTrial } from './trial.ts'
import { cleanUpAfterKilledRuns, makeWorkFolder, removeFolder } from './work-folder.ts'

/** A stack lives through so many faults, and not through one that shows a broken promise. */
const trialsPerStack = 12

const options = orExit(() => readOptions(process.argv.slice(2)))
if (options.help) {
  process.stdout.write(usage)
  process.exit(0)
}
/** The logs of what failed. */
const kept = join(import.meta.dirname, '../../.cache/faults')
const scope = openScope()
let stopped = false
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => {
    stopped = true
    void scope.close()
  })
const tell = (line: string) => process.stdout.write(`${line}\n`)

try {
  process.exitCode = (await run()) ? 0 : 1
} catch (err) {
  process.exitCode = 1
  if (!stopped) console.error(err instanceof UserError ? err.message : err)
} finally {
  await scope.close()
}
process.exit(stopped ? 130 : process.exitCode)

async function run(): Promise<boolean> {
  await cleanUpAfterKilledRuns()
  rmSync(kept, { recursive: true, force: true })
  const rows: [key: string, row: Row][] = []
  const broken: string[] = []
  const end = performance.now() + options.untilMs
  let home: { scope: Scope; stack: Stack; trials: number } | null = null

  for (const { key, seed, fault, again } of options.plan) {
    if (performance.now() > end || stopped) break
    home ??= await openHome()
    tell(`${fault.name} (${again})`)
    const row = await runTrial(home.stack, fault, { seed, id: `trial-${home.trials++}`, breaks: options.breaks })
    rows.push([key, row])
    tell(`  ${describe(row)}`)
    const faults = faultsOf(row)
    for (const line of faults.slice(0, 20)) tell(`  BROKEN: ${line}`)
    if (faults.length > 0) {
      broken.push(`${fault.name}: ${faults[0]}\n  again: ${again}`)
      cpSync(join(home.stack.folder, 'logs'), join(kept, key.replaceAll(/[^\w]+/g, '-')), { recursive: true })
    }
    if (options.report) keepReport(options.report, rows, options)
    if (faults.length === 0 && home.trials < trialsPerStack) continue
    await home.scope.close()
    home = null
  }
  await home?.scope.close()
  tell(
    broken.length === 0
      ? `\n${rows.length} faults: every promise held`
      : `\n${broken.length} of ${rows.length}:\n${broken.join('\n')}`,
  )
  return broken.length === 0 && rows.length > 0
}

async function openHome() {
  const inner = scope.inner()
  const folder = await inner.keep(async () => makeWorkFolder(), removeFolder)
  return { scope: inner, stack: await startStack(inner, folder), trials: 0 }
}
