import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../logger.ts'
import type { AnswerRecoveries } from './answer-recoveries.ts'
import { maxNotices, type NotifyDue } from './notify-due.ts'

/** Nobody waits for an e-mail by the second. */
const lookEveryMs = 1_000
/** After a failure, as when Postgres is away. */
const afterFailureMs = 5_000

/**
 * Looks up lost receipts and tells what is due, again and again, until closed; what is being told then is told to the end. `turned` is
 * called at each turn, whether there was something to tell or not.
 */
export function keepNotifying({
  notifyDue,
  answerRecoveries,
  turned,
  log,
}: {
  notifyDue: NotifyDue
  answerRecoveries: AnswerRecoveries
  turned: () => void
  log: Logger
}) {
  const stopping = new AbortController()
  const pause = (ms: number) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {})

  async function notifyForEver() {
    while (!stopping.signal.aborted) {
      turned()
      try {
        const { looked, found } = await answerRecoveries()
        if (looked > 0) log.info({ count: looked, found }, 'lost receipts looked up')
        const { claimed, told, again, setAside } = await notifyDue()
        if (claimed > 0) log.info({ count: claimed, told, again, setAside }, 'notices tried')
        if (claimed < maxNotices && looked === 0) await pause(lookEveryMs)
      } catch (err) {
        log.warn({ err }, 'notices could not be tried')
        await pause(afterFailureMs)
      }
    }
  }
  const done = notifyForEver()

  return {
    async close() {
      stopping.abort()
      await done
    },
  }
}
