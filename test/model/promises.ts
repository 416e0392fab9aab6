import { lengthOf, setOf } from './batches.ts'
import type { Model } from './protocol.ts'
import { batchOf, drainer, nextOf, type State } from './state.ts'

/** Which promise does not hold in this state; empty when all do. Order and doubles are watched where the log is written (stores.ts). */
export function findBroken(state: State, { scenario }: Model): string {
  if (state.broken) return state.broken
  const log = setOf(state.log)
  const spool = setOf(state.spool)
  const inHand = state.drainers.reduce((set, it) => (nextOf(it) === drainer.idle ? set : set | (1 << batchOf(it))), 0)
  if (state.acked & ~state.mayBeLost & ~(log | spool | state.jobs | inHand)) return 'an acknowledged batch is lost'
  if (state.mayBeLost & state.acked & ~log && !scenario.restores && !(scenario.postgresFails || scenario.lateInserts))
    return 'a wiped redis lost a batch though postgres answered'
  if (state.acceptedNumber !== lengthOf(state.log)) return 'numbers are not contiguous'
  if (state.refused & (log | spool)) return 'what was surely not accepted was accepted'
  if (state.mustBeLate & log & ~spool & ~state.late) return 'a batch that was passed is not marked late'
  return ''
}

/** Whether nothing is under way: every batch was sent, no process has anything in hand, and what was spooled is logged. */
export const isSettled = (state: State, { scenario }: Model) =>
  state.closed === scenario.batches &&
  state.spool === 0 &&
  (state.jobs & ~setOf(state.log)) === 0 &&
  state.lacking === 0 &&
  state.apis.every((it) => it === 0) &&
  state.drainers.every((it) => it === 0)
