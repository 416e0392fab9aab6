import { lengthOf, setOf, withoutLast } from './batches.ts'
import type { State } from './state.ts'
import type { Emit } from './steps.ts'

/** What happens to a store as a whole. */
export function faultSteps(state: State, emit: Emit): void {
  if (state.wipes > 0) emit('fault', -1, 'redis is wiped', wiped(state))
  if (state.restores > 0)
    for (let rows = 1; rows <= lengthOf(state.log); rows += 1)
      emit('fault', -1, 'postgres is restored', restored(state, rows))
}

/** `FLUSHALL`: what waited in the spool and is not in the log is lost, unless somebody has it in hand. */
function wiped(state: State): State {
  const gone = (setOf(state.spool) | state.jobs) & ~setOf(state.log)
  return {
    ...state,
    wipes: state.wipes - 1,
    spool: 0,
    jobs: 0,
    mayBeLost: state.mayBeLost | gone,
    // Also of what was in both: it can no longer be drained, and so not be found passed.
    unordered: state.unordered | gone | setOf(state.spool),
    mustBeLate: state.mustBeLate & ~setOf(state.spool),
  }
}

/**
 * From a backup: the log lacks its last rows. What a job or the spool still holds comes back, in what order is not promised. A restore
 * takes longer than anything is waited for: who drained has begun anew, and what was late is over.
 */
function restored(state: State, rows: number): State {
  let log = state.log
  for (let row = 0; row < rows; row += 1) log = withoutLast(log)
  const gone = setOf(state.log) & ~setOf(log)
  return {
    ...state,
    restores: state.restores - 1,
    log,
    acceptedNumber: lengthOf(log),
    late: state.late & ~gone,
    drainers: state.drainers.map(() => 0),
    lateInserts: 0,
    lateSpooledInserts: 0,
    lateBlindInserts: 0,
    lateRemovals: 0,
    mayBeLost: state.mayBeLost | (gone & ~state.jobs & ~setOf(state.spool)),
    unordered: state.unordered | gone,
  }
}
