import { statfs } from 'node:fs/promises'
import { type Finding, ok, problem, warning } from './finding.ts'

const gibibyte = 2 ** 30
/** With less the stores stop within a rush; the other is room for a million requests in both, and for what they write meanwhile. */
const leastGiB = 1
const enoughGiB = 10

/** Whether there is room where the stores keep their files, as far as that is on this machine. */
export async function checkDisks(folders: string[]): Promise<Finding[]> {
  const check = 'disks have room'
  const findings = await Promise.all([...new Set(folders)].map((folder) => checkDisk(check, folder)))
  const seen = findings.filter((finding) => finding !== null)
  if (seen.length > 0) return seen
  return [warning(check, 'the stores’ disks cannot be seen from here', `look there: ${enoughGiB} GiB should be free`)]
}

async function checkDisk(check: string, folder: string): Promise<Finding | null> {
  const stats = await statfs(folder).catch(() => null)
  if (!stats) return null
  const freeGiB = (stats.bavail * stats.bsize) / gibibyte
  const found = `${freeGiB.toFixed(1)} GiB free in ${folder}`
  if (freeGiB < leastGiB) return problem(check, found, 'make room: the stores stop when it is full')
  return freeGiB < enoughGiB ? warning(check, found, `make room: ${enoughGiB} GiB should be free`) : ok(check, found)
}
