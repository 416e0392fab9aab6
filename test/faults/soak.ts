// PROCESS: npm run soak. Real processes under load while something is broken, and then the audit of what clients were told.
import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '#src/errors.ts'
import { orExit } from '#src/or-exit.ts'
import { openScope, type Scope } from '../../bench/scope.ts'
import { type Planned, readOptions, usage } from './options.ts'
import { describe, faultsOf, isSlowOnly, keepReport } from './report.ts'
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
  const plan = options.plan[Symbol.iterator]()
  const onceMore: Planned[] = []
  const triedTwice = new Set<string>()

  /** One stack at a time, and one fault after another of those that are left. */
  async function work() {
    let home: { scope: Scope; stack: Stack; trials: number } | null = null
    while (performance.now() < end && !stopped) {
      const planned = onceMore.shift() ?? plan.next().value
      if (!planned) break
      const { key, seed, fault, again } = planned
      home ??= await openHome()
      const id = `trial-${home.trials++}`
      const row = await runTrial(home.stack, fault, { seed, id, breaks: options.breaks }).catch((err) => {
        if (stopped) throw err
        return String(err.stack)
      })
      const faults = typeof row === 'string' ? [row] : faultsOf(row)
      const isTriedAgain = options.isShort && typeof row !== 'string' && isSlowOnly(row) && !triedTwice.has(key)
      if (typeof row !== 'string') rows.push([key, row])
      tell(
        [
          `${fault.name} (${again})`,
          typeof row === 'string' ? 'it could not be told' : describe(row),
          ...faults.slice(0, 20).map((line) => `${isTriedAgain ? 'slow, tried again' : 'BROKEN'}: ${line}`),
        ].join('\n  '),
      )
      if (isTriedAgain) {
        triedTwice.add(key)
        onceMore.push(planned)
      } else if (faults.length > 0) {
        broken.push(`${fault.name}: ${faults[0]}\n  again: ${again}`)
        cpSync(join(home.stack.folder, 'logs'), join(kept, key.replaceAll(/[^\w]+/g, '-')), { recursive: true })
      }
      if (options.report) keepReport(options.report, rows, options)
      if (faults.length === 0 && home.trials < trialsPerStack) continue
      await home.scope.close()
      home = null
    }
    await home?.scope.close()
  }
  await Promise.all(Array.from({ length: options.stacks }, work))
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
