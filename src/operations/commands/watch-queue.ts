import { setTimeout as sleep } from 'node:timers/promises'
import type { QueueDepth } from '../../postgres/queues.ts'
import type { SeenStatus } from '../ask-api.ts'
import { describeFailure } from './describe-failure.ts'
import { createRates, type MovingLane } from './queue-rates.ts'
import { type QueueFrame, renderQueue } from './render-queue.ts'

const refreshMs = 1_000
/** A store that has not answered by then is said not to. */
const answerMs = 3_000
/** Where the output has no size, as in a file. */
const plainSize = { columns: 200, rows: 1_000 }

/** Where a live view is shown. */
export type Screen = {
  isTerminal: boolean
  size: () => { columns: number; rows: number }
  write: (text: string) => void
  /** Aborts when whoever looks has had enough: Ctrl-C, or the pipe is closed. */
  left: AbortSignal
}

/**
 * Shows the queues each second until it is left: on a terminal in place, elsewhere one block after another, with `json` one object per
 * line. A store that does not answer is said, and asked again.
 */
export async function watchQueue({
  readDepths,
  readStatus,
  screen,
  json,
}: {
  readDepths: () => Promise<QueueDepth[]>
  readStatus: () => Promise<SeenStatus | null>
  screen: Screen
  json: boolean
}): Promise<void> {
  const { isTerminal, size, write, left } = screen
  const live = isTerminal && !json
  const measure = createRates()
  let lanes: MovingLane[] = []
  // The alternate screen, without a cursor: what was there before comes back.
  if (live) write('\x1b[?1049h\x1b[?25l')
  try {
    while (!left.aborted) {
      const began = performance.now()
      const [status, failure] = await Promise.all([readStatus(), look()])
      const frame = { time: new Date().toTimeString().slice(0, 8), status, lanes, failure }
      if (!left.aborted) write(json ? toJson(frame) : live ? inPlace(renderQueue(frame, size())) : asBlock(frame))
      const restMs = Math.max(0, refreshMs - (performance.now() - began))
      await sleep(restMs, undefined, { signal: left }).catch(() => {})
    }
  } finally {
    if (live) write('\x1b[?25h\x1b[?1049l')
  }

  async function look(): Promise<string | null> {
    try {
      const late = sleep(answerMs, null, { signal: left })
      const depths = await Promise.race([readDepths(), late])
      if (!depths) return 'Postgres does not answer'
      lanes = measure(depths, performance.now())
      return null
    } catch (err) {
      return describeFailure(err)
    }
  }
}

const inPlace = (lines: string[]) => `\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\n')}\x1b[J`
const asBlock = (frame: QueueFrame) => `${renderQueue(frame, plainSize).join('\n')}\n\n`
const toJson = ({ lanes, status, failure }: QueueFrame) =>
  `${JSON.stringify({ at: new Date().toISOString(), status, failure, queues: lanes })}\n`
