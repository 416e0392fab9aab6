import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const lookEveryMs = 50

/** Memory of a process that is in RAM, in MB (10^6 bytes). */
function residentMb(pid: number): number {
  if (process.platform === 'linux')
    return (Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024) / 1e6
  return (Number(spawnSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }).stdout) * 1_024) / 1e6
}

/** Watches a process's memory; `stop` answers the most that was seen. */
export function watchResident(pid: number): { stop(): number } {
  let most = residentMb(pid)
  const looking = setInterval(() => {
    most = Math.max(most, residentMb(pid))
  }, lookEveryMs)
  return {
    stop() {
      clearInterval(looking)
      return most
    },
  }
}
