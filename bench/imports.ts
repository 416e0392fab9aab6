// PROCESS: npm run bench:imports. Imports at size, by the operator's own command line, and what clients notice of them.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { loadKeys } from '#src/config.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { createLogger } from '#src/logger.ts'
import { makeBenchDir, removeAbandoned, removeDir } from './bench-dir.ts'
import { startDatabases } from './databases.ts'
import { measureMeanwhile } from './imports/measure-meanwhile.ts'
import { measureQuiet } from './imports/measure-quiet.ts'
import { describeImports, type ImportsReport, keepsPromises } from './imports/report.ts'
import { setImportsStage } from './imports/stage.ts'
import type { Load, LoadResult } from './load/load.ts'
import { describeMachine, readCommit } from './machine.ts'
import { startWorker } from './orders.ts'
import { Closed, openScope } from './scope.ts'
import { normalSizes } from './sizes.ts'
import { setStage } from './stage.ts'

// Whether a newcomer is let in is tried again and again: those tries are no guesses.
process.env.REFUSALS_PER_MINUTE = '1000000'

const reports = join(import.meta.dirname, '../reports/imports')
const scope = openScope()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void scope.close())

const report = await measure()
  .catch((err: unknown) => {
    if (!(err instanceof Closed) && !scope.isClosing()) console.error(err)
    return null
  })
  .finally(() => scope.close())
if (!report) process.exit(1)

mkdirSync(reports, { recursive: true })
const text = `${describeImports(report)}\n`
writeFileSync(join(reports, 'report.txt'), text)
writeFileSync(join(reports, 'report.json'), `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(text)
process.exit(keepsPromises(report) ? 0 : 1)

async function measure(): Promise<ImportsReport> {
  await removeAbandoned()
  const dir = await scope.keep(async () => makeBenchDir(), removeDir)
  const keys = generateKeys()
  const about = {
    machine: describeMachine(),
    node: process.version,
    commit: readCommit(),
    startedAt: new Date().toISOString(),
  }
  const databases = await startDatabases({ dir, keys: loadKeys(keys), log: createLogger('warn', 'bench'), scope })
  const generator = await scope.keep(
    () => startWorker<Load, LoadResult>('./generator.ts'),
    ({ stop }) => stop(),
  )
  const common = { dir, databases, kind: 'ours', redis: true, generator, sizes: normalSizes, keys, scope } as const
  const stage = await setImportsStage(await setStage(common), dir)
  return { ...about, ...(await measureQuiet(stage)), ...(await measureMeanwhile(stage)) }
}
