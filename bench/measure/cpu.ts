import { readdirSync, readFileSync } from 'node:fs'

/** What `/proc` counts processor time in: a hundredth of a second on every Linux there is. */
const ticksPerSecond = 100

type Usage = { parent: number; seconds: number }

/** Processor time so far: by a process and all under it, and by everything on the machine. Null where there is no `/proc`. */
export type CpuClock = { under(pid: number): number; all: number }

/** Reads it. */
export function readCpu(): CpuClock | null {
  if (process.platform !== 'linux') return null
  const usages = new Map<number, Usage>()
  for (const name of readdirSync('/proc')) {
    const usage = /^\d+$/.test(name) ? usageOf(name) : null
    if (usage) usages.set(Number(name), usage)
  }
  const childrenOf = Map.groupBy(usages, ([, { parent }]) => parent)
  const under = (pid: number): number =>
    (childrenOf.get(pid) ?? []).reduce((sum, [child]) => sum + under(child), usages.get(pid)?.seconds ?? 0)
  return { under, all: readAll() }
}

/** Its own time and that of its children who have ended. */
function usageOf(pid: string): Usage | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // After "pid (name, which may hold anything) ": state, parent, …, and from the twelfth on the four times.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { parent: Number(fields[1]), seconds: ticks / ticksPerSecond }
  } catch {
    return null // it has ended
  }
}

/** Everything but idling and waiting for disks; what another guest of the host took from us counts. */
function readAll(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user! + nice! + system! + irq! + softirq! + steal!) / ticksPerSecond
}
