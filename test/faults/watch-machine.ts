import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../system/book.ts'
import type { Interval } from './outages.ts'

const lookEveryMs = 50
/** Both stores flush what they acknowledge. A disk that takes longer than this for one page is away for both of them at once. */
const stalledMs = 250

/**
 * When the machine itself stood still, in epoch ms: writing and flushing a page beside the stores took long (others use the disk), or
 * this process, which is all clients and all ways between the others, did not get its turn. Nobody could be accepted by anybody then.
 */
export function watchMachine(folder: string) {
  const stalls: Interval[] = []
  let stopped = false

  function note(from: number) {
    const to = now()
    if (to - from > stalledMs) stalls.push({ from, to })
  }
  async function watchDisk() {
    const own = await mkdtemp(join(folder, 'disk-'))
    const file = await open(join(own, 'page'), 'w')
    const page = Buffer.alloc(4_096)
    while (!stopped) {
      const from = now()
      await file.write(page, 0, page.length, 0)
      await file.datasync()
      note(from)
      await sleep(lookEveryMs)
    }
    await file.close()
    await rm(own, { recursive: true })
  }
  async function watchTurns() {
    while (!stopped) {
      const from = now()
      await sleep(lookEveryMs)
      note(from)
    }
  }
  const done = Promise.all([watchDisk(), watchTurns()])
  return {
    async stop(): Promise<Interval[]> {
      stopped = true
      await done
      return stalls
    },
  }
}
