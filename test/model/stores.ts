import { type Batch, has, headOf, lengthOf, only, setOf, withLast, withoutHead } from './batches.ts'
import type { Model } from './protocol.ts'
import type { State } from './state.ts'

// What a call does where it arrives: Postgres, or the one thread of Redis. Each changes the state that it is given.

/** The one statement of `appendBatch`: numbers, appends, marks. False: the id is there already (23505). */
export function appendToLog(
  state: State,
  { protocol }: Model,
  batch: Batch,
  { spooled = false, sawPassing = false }: { spooled?: boolean; sawPassing?: boolean },
): boolean {
  if (has(setOf(state.log), batch)) {
    if (!protocol.refusedInsertTakesNoNumber) state.acceptedNumber += 1
    if (!protocol.logHoldsABatchOnce) state.broken = 'logged twice'
    return false
  }
  const bit = only(batch)
  if (spooled && protocol.marksLate && (protocol.marksLateUnderTheLock ? has(state.passing, batch) : sawPassing))
    state.late |= bit
  state.log = withLast(state.log, batch)
  state.acceptedNumber += 1

  const waiting = ((1 << state.closed) - 1) & ~setOf(state.log)
  if (!spooled && has(state.away, batch)) state.passing |= waiting

  const passed = (state.before >> (4 * batch)) & waiting & ~state.unordered
  if (passed === 0) return true
  if (!spooled && has(state.unreached, batch)) state.mustBeLate |= passed
  else state.broken = 'a later batch was logged before one acknowledged earlier'
  return true
}

/** When what is drained is in the log already, by a late insert of its own. */
export function markFoundLogged(state: State, { protocol }: Model, batch: Batch): void {
  if (protocol.marksLate && protocol.marksLateWhenFoundLogged) state.late |= state.passing & only(batch)
}

/** lua/append-to-spool.lua, without `join`: twice is once. */
export function appendToSpool(state: State, batch: Batch): void {
  if (!has(setOf(state.spool), batch)) state.spool = withLast(state.spool, batch)
}

/** lua/append-to-spool.lua, with `join`: false is the answer `log`. */
export function joinSpool(state: State, batch: Batch): boolean {
  if (lengthOf(state.spool) === 0) return false
  appendToSpool(state, batch)
  return true
}

/** lua/remove-spool-head.lua */
export function removeSpoolHead(state: State, { protocol }: Model, batch: Batch): void {
  if (headOf(state.spool) === batch || !protocol.removesOnlyTheHead) state.spool = withoutHead(state.spool)
}
