import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Audited } from './audit-ledger.ts'
import type { Options } from './options.ts'

/** What k6 exports: of each metric its values, and of each threshold whether it was broken. */
const Exported = z.object({
  metrics: z.record(z.string(), z.looseObject({ thresholds: z.record(z.string(), z.boolean()).optional() })),
})

export type Verdict = {
  holds: boolean
  thresholds: { metric: string; limit: string; holds: boolean }[]
  /** How many were told 202. */
  told: number
  /** What is wrong with those who wait; null: all are decided. */
  undecided: string | null
  /** Null: nobody said where the database is. */
  audit: Audited | null
}

/** Reads the thresholds out of k6's export and judges the whole: thresholds, everybody decided, and the audit. */
export async function judge(
  { name, settings }: Options,
  exportFile: string,
  rest: Omit<Verdict, 'holds' | 'thresholds'>,
): Promise<{ verdict: Verdict; metrics: z.infer<typeof Exported>['metrics'] }> {
  const { metrics } = Exported.parse(JSON.parse(await readFile(exportFile, 'utf8')))
  const thresholds = Object.entries(metrics).flatMap(([metric, { thresholds = {} }]) =>
    Object.entries(thresholds).map(([limit, isBroken]) => ({ metric, limit, holds: !isBroken })),
  )
  // A breakpoint is there to break: only its first step has to hold.
  const judged =
    name === 'breakpoint' ? thresholds.filter(({ metric }) => metric.includes(`:at_${settings.RATE}}`)) : thresholds
  const holds =
    judged.length > 0 &&
    judged.every((one) => one.holds) &&
    rest.told > 0 &&
    rest.undecided === null &&
    rest.audit?.holds !== false
  return { verdict: { holds, thresholds, ...rest }, metrics }
}

export function describeVerdict({ holds, told, undecided, audit }: Verdict): string {
  const audited = audit?.text ?? 'not audited: DATABASE_URL is not set, so nobody but clients was asked'
  return [
    `  told 202: ${told}; ${undecided ?? 'all are decided'}`,
    '',
    ...audited.split('\n').map((line) => `  ${line}`.trimEnd()),
    '',
    holds ? '  HOLDS' : '  DOES NOT HOLD',
    '',
  ].join('\n')
}

/** Writes `summary.json` and `summary.txt`. */
export async function writeReport(
  folder: string,
  { name, settings, seed, fault }: Options,
  { verdict, metrics, text }: { verdict: Verdict; metrics: unknown; text: string },
): Promise<void> {
  await mkdir(folder, { recursive: true })
  const json = { name, settings, seed, fault, at: new Date().toISOString(), ...verdict, metrics }
  await writeFile(join(folder, 'summary.json'), `${JSON.stringify(json, null, 2)}\n`)
  await writeFile(join(folder, 'summary.txt'), text)
}
