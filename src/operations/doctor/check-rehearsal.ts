import { glob, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Finding, ok, warning } from './finding.ts'

/** A rehearsal says something of a system that has not changed much since. */
const freshDays = 7
const dayMs = 86_400_000

const Report = z.object({
  name: z.string(),
  verdict: z.union([z.string(), z.boolean()]),
  promises: z.array(z.object({ name: z.string(), holds: z.boolean() })).default([]),
})

/** Whether the opening was rehearsed lately, by the reports in a folder. Never more than a warning. */
export async function checkRehearsal(folder: string): Promise<Finding> {
  const check = 'rehearsed lately'
  // The reports that are looked for are those of `rehearse`, which is not built yet.
  const advice = 'try the opening with npm run load -- doors-open; it leaves no report of this kind'
  const newest = (await readReports(folder)).toSorted((a, b) => b.at - a.at)[0]
  if (!newest) return warning(check, `no report in ${folder}`, advice)
  const days = Math.floor((Date.now() - newest.at) / dayMs)
  const found = `${newest.name}, ${days === 0 ? 'today' : `${days} ${days === 1 ? 'day' : 'days'} ago`}: ${newest.verdict}`
  const broken = newest.promises.filter(({ holds }) => !holds).map(({ name }) => name)
  if (broken.length > 0) return warning(check, `${found}; broken: ${broken.join(', ')}`, `mend that; then ${advice}`)
  return days <= freshDays ? ok(check, found) : warning(check, found, advice)
}

async function readReports(folder: string): Promise<(z.infer<typeof Report> & { at: number })[]> {
  const reports = []
  for await (const path of glob('*/report.json', { cwd: folder })) {
    const file = join(folder, path)
    const parsed = Report.safeParse(
      await readFile(file, 'utf8')
        .then(JSON.parse)
        .catch(() => null),
    )
    if (parsed.success) reports.push({ ...parsed.data, at: (await stat(file)).mtimeMs })
  }
  return reports
}
