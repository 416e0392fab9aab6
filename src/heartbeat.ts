import { renameSync, writeFileSync } from 'node:fs'
import type { Logger } from './logger.ts'

export type Beat = (nextWithinMs: number) => void

/**
 * How a process without HTTP shows that its loop turns: at each turn it writes into `file` until when (epoch ms) the next is due, and
 * `deploy/is-alive.ts` looks whether that has passed. It says nothing of the stores: a process that waits for one is alive. Without a
 * file nothing is written.
 */
export function createHeartbeat(file: string | null, log: Logger): Beat {
  let failed = false
  return (nextWithinMs) => {
    if (file === null) return
    try {
      writeFileSync(`${file}.new`, String(Date.now() + nextWithinMs))
      renameSync(`${file}.new`, file)
    } catch (err) {
      if (!failed) log.error({ err, file }, 'the heartbeat cannot be written')
      failed = true
    }
  }
}
