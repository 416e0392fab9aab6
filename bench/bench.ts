// PROCESS: measures ours against what one would build instead, side by side, in one run.
import { writeFileSync } from 'node:fs'
import { loadKeys } from '#src/config.ts'
import { generateKeys } from '#src/embedded/keys.ts'
import { UserError } from '#src/errors.ts'
import { createLogger } from '#src/logger.ts'
import { orExit } from '#src/or-exit.ts'
import { makeBenchDir, removeAbandoned, removeDir } from './bench-dir.ts'
import { startDatabases } from './databases.ts'
import type { Load, LoadResult } from './load/load.ts'
import { describeMachine, readCommit } from './machine.ts'
import { readOptions, usage } from './options.ts'
import { startWorker } from './orders.ts'
import { describeRun, type Run, toJson } from './report.ts'
import type { Results, Round } from './results.ts'
import { Closed, openScope } from './scope.ts'
import { setStage } from './stage.ts'

const { help, json, sizes, contenders } = orExit(() => readOptions(process.argv.slice(2)))
if (help) {
  process.stdout.write(usage)
  process.exit()
}

/** The exit code of who was told to stop. */
const interrupted = 130

const scope = openScope()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (!scope.isClosing()) process.stderr.write('\nStopping …\n')
    void end(interrupted)
  })

measureAll().then(
  (run) => {
    process.stdout.write(`\n${describeRun(run)}\n`)
    if (json) writeFileSync(json, `${JSON.stringify(toJson(run), null, 2)}\n`)
    void end(0)
  },
  (err) => {
    if (!(err instanceof Closed) && !scope.isClosing())
      process.stderr.write(`${err instanceof UserError ? err.message : err.stack}\n`)
    void end(1)
  },
)

/** Ends what runs, removes what was made, and leaves. */
async function end(code: number): Promise<void> {
  const failure = await scope.close().then(
    () => null,
    (err: AggregateError) => err,
  )
  if (failure) console.error(failure)
  process.exit(failure ? 1 : code)
}

async function measureAll(): Promise<Run> {
  await removeAbandoned()
  const dir = await scope.keep(async () => makeBenchDir(), removeDir)
  const keys = generateKeys()
  const log = createLogger('warn', 'bench')
  const about = {
    machine: describeMachine(),
    node: process.version,
    commit: readCommit(),
    startedAt: new Date().toISOString(),
  }
  const databases = await startDatabases({ dir, keys: loadKeys(keys), log, scope })
  const generator = await scope.keep(
    () => startWorker<Load, LoadResult>('./generator.ts'),
    ({ stop }) => stop(),
  )

  const results: Results = []
  for (let number = 1; number <= sizes.rounds; number += 1) {
    const round: Round = new Map()
    results.push(round)
    for (const { name, kind, redis, once, measure } of contenders) {
      if (once && number > 1) continue
      const startedAt = performance.now()
      const inner = scope.inner()
      try {
        const stage = await setStage({ dir, databases, kind, redis, generator, sizes, keys, scope: inner })
        const figures = await measure(stage)
        round.set(name, { ...figures, refused: stage.refused() })
      } finally {
        await inner.close()
      }
      const seconds = Math.round((performance.now() - startedAt) / 1_000)
      process.stderr.write(`round ${number} of ${sizes.rounds}: ${name}, ${seconds} s\n`)
    }
  }
  return { ...about, sizes, contenders, results }
}
