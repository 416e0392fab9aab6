import type { Key } from '../config.ts'
import type { Logger } from '../logger.ts'
import { claimDueNotices, type DueNotice, type SettledNotice, settleNotices } from '../postgres/notices.ts'
import type { Pool } from '../postgres/pool.ts'
import type { Receipts } from '../privacy/receipts.ts'
import { maxAttempts, pauseAfter } from './backoff.ts'
import type { Channel, Notice } from './notice.ts'
import { openNotices } from './open-notices.ts'
import { Undelivered } from './undelivered.ts'

/** Told at the same time: enough to keep the connections to a mail server busy, few to be told twice after a crash. */
export const maxNotices = 20
/** What a notifier that died had claimed is tried again after this long: longer than its slowest try. */
const leaseSeconds = 120

export type Notified = { claimed: number; told: number; again: number; setAside: number }

/**
 * Tells what is due: claims a few, opens whose they are, tells each by every channel that takes it, and notes what became of it. At
 * least once: a notifier that dies between telling and noting tells again, with the same idempotency key. No transaction is open
 * while anybody is waited for.
 */
export function createNotifyDue({
  pool,
  masterKeys,
  receipts,
  channels,
  log,
}: {
  pool: Pool
  masterKeys: Key[]
  receipts: Receipts
  channels: Channel[]
  log: Logger
}) {
  return async function notifyDue(): Promise<Notified> {
    const due = await claimDueNotices(pool, maxNotices, leaseSeconds)
    if (due.length === 0) return { claimed: 0, told: 0, again: 0, setAside: 0 }
    const notices = await openNotices({ pool, masterKeys, receipts, log }, due)
    const settled = await Promise.all(due.map((one) => tell(one, notices.get(one.id))))
    await settleNotices(pool, settled)
    const again = settled.filter(({ retryInSeconds }) => retryInSeconds !== null).length
    const setAside = settled.filter((one) => one.setAside !== null).length
    return { claimed: due.length, told: due.length - again - setAside, again, setAside }
  }

  async function tell(due: DueNotice, notice: Notice | undefined): Promise<SettledNotice> {
    const told = [...due.told]
    const refused = [...due.refused]
    const reasons: string[] = []
    // A box that cannot be opened now is a try that failed: nobody is told less because a key was missing for an hour.
    if (notice?.trouble) reasons.push(notice.trouble)
    let open = reasons.length
    const wanted = notice ? channels.filter((channel) => channel.takes(notice)) : []
    await Promise.all(
      wanted.map(async ({ name, tell }) => {
        if (told.includes(name) || refused.includes(name)) return
        try {
          await tell(notice!)
          told.push(name)
        } catch (err) {
          const { reason, forGood } = err instanceof Undelivered ? err : new Undelivered(`failed: ${nameOf(err)}`)
          reasons.push(`${name}: ${reason}`)
          if (forGood) refused.push(name)
          else open += 1
        }
      }),
    )
    return settle(due, { told, refused, open, reason: reasons.join('; ') })
  }

  function settle(
    { id, campaign, attempts }: DueNotice,
    { told, refused, open, reason }: { told: string[]; refused: string[]; open: number; reason: string },
  ): SettledNotice {
    const done = { id, told, refused, retryInSeconds: null, setAside: null }
    if (open > 0 && attempts < maxAttempts) {
      log.debug({ campaign, number: id, attempt: attempts, reason }, 'not told: tried again later')
      return { ...done, retryInSeconds: pauseAfter(attempts) }
    }
    if (open === 0 && refused.length === 0) return done
    const setAside = reason || `refused: ${refused.join(', ')}`
    log.warn({ campaign, number: id, attempt: attempts, reason: setAside }, 'notice set aside')
    return { ...done, setAside }
  }
}
export type NotifyDue = ReturnType<typeof createNotifyDue>

/** Of an error that nobody expected only its name: its message could quote whom it was about. */
const nameOf = (err: unknown) => (err instanceof Error ? err.name : typeof err)
