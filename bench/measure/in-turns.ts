import type pg from 'pg'
import type { StartedProcess } from '#src/embedded/start-process.ts'
import { spreadOf } from '../spread.ts'
import type { Stage } from '../stage.ts'
import { waitUntilDecided } from './lane.ts'
import { bookPath, many } from './serving.ts'

export type InTurns = {
  decidedPerSecond: number
  takenPerSecond: number
  emptyAfterSeconds: number
  decidedToIntake: number
}

/**
 * Closed loops at 512 connections, with the allocator at work and while it stands still, in turns: a machine's speed changes by a third within
 * seconds, and a ratio is one only of what met the same machine. Medians. Nothing waits at the start of each.
 */
export async function measureInTurns(stage: Stage, client: pg.Client, allocator: StartedProcess): Promise<InTurns> {
  const { seconds, turns } = stage.sizes
  const load = () => stage.book(bookPath, { loop: 'closed', connections: many, seconds })

  async function measureBoth() {
    await waitUntilDecided(client)
    const taken = await load()
    const decidedAt = await waitUntilDecided(client)
    return {
      decidedPerSecond: taken.accepted / ((decidedAt - taken.firstSentAt) / 1_000),
      takenPerSecond: taken.acceptedPerSecond,
      emptyAfterSeconds: (decidedAt - taken.lastAnsweredAt) / 1_000,
    }
  }

  async function measureAlone() {
    await waitUntilDecided(client)
    process.kill(allocator.pid, 'SIGSTOP')
    try {
      return (await load()).acceptedPerSecond
    } finally {
      process.kill(allocator.pid, 'SIGCONT')
    }
  }

  const measured: InTurns[] = []
  for (let turn = 0; turn < turns; turn += 1) {
    // Each comes first in every second turn.
    const aloneFirst = turn % 2 === 0 ? await measureAlone() : null
    const both = await measureBoth()
    const alone = aloneFirst ?? (await measureAlone())
    measured.push({ ...both, decidedToIntake: both.decidedPerSecond / alone })
  }
  await waitUntilDecided(client)
  const median = (figure: keyof InTurns) => spreadOf(measured.map((one) => one[figure]))!.median
  return {
    decidedPerSecond: median('decidedPerSecond'),
    takenPerSecond: median('takenPerSecond'),
    emptyAfterSeconds: median('emptyAfterSeconds'),
    decidedToIntake: median('decidedToIntake'),
  }
}
