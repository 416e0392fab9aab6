import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadKeys } from '#src/config.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { createLogger } from '#src/logger.ts'
import { makeBenchDir, removeAbandoned, removeDir } from './bench-dir.ts'
import { startDatabases } from './databases.ts'
import type { Load, LoadResult } from './load/load.ts'
import { describeMachine, type Machine, readCommit } from './machine.ts'
import { startWorker } from './orders.ts'
import { Closed, openScope, type Scope } from './scope.ts'
import { normalSizes } from './sizes.ts'
import { type Stage, setStage } from './stage.ts'

/** What was measured on, and when. */
export type About = { machine: Machine; node: string; commit: string | null; startedAt: string }

/**
 * Measures ours alone, on one stage, writes `reports/NAME/report.txt` and `report.json`, and ends the process: 0 if what was promised
 * holds. Whatever was started ends first, after a Ctrl-C too.
 */
export async function onOneStage<Measured extends object>({
  name,
  measure,
  describe,
  holds,
}: {
  name: string
  /** `dir`: a folder that goes with the stage. */
  measure: (stage: Stage, dir: string) => Promise<Measured>
  describe: (report: About & Measured) => string
  holds: (report: About & Measured) => boolean
}): Promise<never> {
  const scope = openScope()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void scope.close())
  const about: About = {
    machine: describeMachine(),
    node: process.version,
    commit: readCommit(),
    startedAt: new Date().toISOString(),
  }
  const measured = await prepare(scope)
    .then(({ stage, dir }) => measure(stage, dir))
    .catch((err: unknown) => {
      if (!(err instanceof Closed) && !scope.isClosing()) console.error(err)
      return null
    })
    .finally(() => scope.close())
  if (!measured) process.exit(1)

  const report = { ...about, ...measured }
  const reports = join(import.meta.dirname, '../reports', name)
  const text = `${describe(report)}\n`
  mkdirSync(reports, { recursive: true })
  writeFileSync(join(reports, 'report.txt'), text)
  writeFileSync(join(reports, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
  process.stdout.write(text)
  process.exit(holds(report) ? 0 : 1)
}

async function prepare(scope: Scope) {
  await removeAbandoned()
  const dir = await scope.keep(async () => makeBenchDir(), removeDir)
  const keys = generateKeys()
  const databases = await startDatabases({ dir, keys: loadKeys(keys), log: createLogger('warn', 'bench'), scope })
  const generator = await scope.keep(
    () => startWorker<Load, LoadResult>('./generator.ts'),
    ({ stop }) => stop(),
  )
  const stage = await setStage({
    dir,
    databases,
    kind: 'ours',
    redis: true,
    generator,
    sizes: normalSizes,
    keys,
    scope,
  })
  return { stage, dir }
}
