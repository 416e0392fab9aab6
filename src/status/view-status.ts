import type { AnnouncementView } from './announcements.ts'
import type { Board } from './board.ts'
import type { Catalogue } from './catalogue.ts'
import type { Ladder, Rung } from './rung.ts'
import { zonedTime } from './zoned-time.ts'

/** How the service is, for everybody. */
export type StatusView = {
  rung: Rung
  since: string
  intake: 'open' | 'shedding' | 'paused' | 'refusing'
  spooledBatches: number
  announcement: AnnouncementView | null
}

/** `paused`: operators paused the intake of all that is open. */
export function viewStatus({
  ladder,
  spooledBatches,
  announcement,
  paused,
}: {
  ladder: Ladder
  spooledBatches: number
  announcement: AnnouncementView | null
  paused: boolean
}): StatusView {
  const { rung, since } = ladder.look()
  return { rung, since: zonedTime(since, 'UTC'), intake: intakeOn(rung, paused), spooledBatches, announcement }
}

function intakeOn(rung: Rung, paused: boolean): StatusView['intake'] {
  if (rung === 'refusing') return 'refusing'
  if (paused) return 'paused'
  return rung === 'overloaded' ? 'shedding' : 'open'
}

/** Whether there are open campaigns, and operators paused the intake of each. `now` in epoch ms. */
export function isIntakePaused({ catalogue, board, now }: { catalogue: Catalogue; board: Board; now: number }) {
  const open = catalogue.all().filter(({ opensAt, closesAt }) => opensAt <= now && now < closesAt)
  return open.length > 0 && open.every(({ id }) => board.read(id, 'web')?.intakePaused)
}
