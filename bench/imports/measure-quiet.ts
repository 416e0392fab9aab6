import { waitFor } from '../measure/wait-for.ts'
import { longestHoldUp, vouchersInMemory } from './ask-api.ts'
import type { ImportsReport } from './report.ts'
import { campaign, type ImportsStage, isBad, people, slots } from './stage.ts'

/** Imports with nothing else going on: slots, a register with bad rows, and the register, into a campaign that has none. */
export async function measureQuiet({ tell, must, junban, known, file, api, start, startServing }: ImportsStage) {
  tell('slots from SMART Scheduling Links files')
  const slotImport = await must('slots', 'import', campaign, ...file.smart)
  await startServing('api', 'src/api.ts')
  await start('allocator', 'workers/allocator.ts')

  tell('a register with bad rows')
  const before = await known()
  const bad = await junban('vouchers', 'import', campaign, file.bad)
  const after = await known()
  const said = JSON.parse(bad.stderr || '{}') as { total?: number; rows?: { line: number }[] }
  const lines = new Set(said.rows?.map(({ line }) => line))
  const wanted = Array.from({ length: people }, (_, n) => n).filter(isBad)

  tell('a tenth of the register, tried only')
  const tenth = await must('vouchers', 'import', campaign, file.tenth, '--dry-run')
  tell('the register')
  await longestHoldUp(api)
  const first = await must('vouchers', 'import', campaign, file.register)
  await waitFor(async () => (await vouchersInMemory(api, campaign)) === people, 'the API has the register')
  const holdUpMs = await longestHoldUp(api)
  tell('the same again')
  const again = await must('vouchers', 'import', campaign, file.register)
  return {
    vouchers: {
      rows: people,
      seconds: first.seconds,
      rowsPerSecond: people / first.seconds,
      peakMb: first.peakMb,
      tenthPeakMb: tenth.peakMb,
      againSeconds: again.seconds,
      holdUpMs,
    },
    bad: {
      rows: wanted.length,
      seconds: bad.seconds,
      exitCode: bad.code,
      counted: said.total ?? 0,
      // The header is line 1, so person 0 stands in line 2.
      namedByLine: wanted.filter((n) => lines.has(n + 2)).length,
      importedAnyway: after.vouchers - before.vouchers,
      registerTouched: after.registerVersion !== before.registerVersion,
    },
    slots: {
      rows: slots,
      seconds: slotImport.seconds,
      rowsPerSecond: slots / slotImport.seconds,
      peakMb: slotImport.peakMb,
    },
  } satisfies Partial<ImportsReport>
}
