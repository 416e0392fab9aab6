import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { signalProcess } from '#src/embedded/process.ts'
import { readLane } from '../measure/lane.ts'

/** So often it is looked whether the process is ahead of its rate, in ms. */
const lookEveryMs = 5

/**
 * Holds an allocator to a rate: it is stopped (SIGSTOP) whenever it has decided more than that, and goes on when it has not. Returns what
 * lets it go, and tells how many a second it decided.
 */
export function throttle(pid: number, perSecond: number, client: pg.Client): () => Promise<number> {
  let over = false
  const throttled = (async () => {
    const startedAt = performance.now()
    const seconds = () => (performance.now() - startedAt) / 1_000
    const first = (await readLane(client)).serving
    let decided = 0
    while (!over) {
      decided = (await readLane(client)).serving - first
      signalProcess(pid, decided > perSecond * seconds() ? 'SIGSTOP' : 'SIGCONT')
      await sleep(lookEveryMs)
    }
    signalProcess(pid, 'SIGCONT')
    return decided / seconds()
  })()
  return () => {
    over = true
    return throttled
  }
}
