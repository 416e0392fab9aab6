import type { Ladder, Rung } from './rung.ts'
import { zonedTime } from './zoned-time.ts'

/** How the service is, for everybody. */
export type StatusView = {
  rung: Rung
  since: string
  intake: 'open' | 'shedding' | 'paused' | 'refusing'
  spooledBatches: number
  announcement: null
}

export function viewStatus(ladder: Ladder, spooledBatches: number): StatusView {
  const { rung, since } = ladder.look()
  return { rung, since: zonedTime(since, 'UTC'), intake: intakeOn(rung), spooledBatches, announcement: null }
}

function intakeOn(rung: Rung): StatusView['intake'] {
  if (rung === 'refusing') return 'refusing'
  return rung === 'overloaded' ? 'shedding' : 'open'
}
