import { setOf, sorted } from './batches.ts'
import type { Model } from './protocol.ts'
import { api, batchOf, nextOf, type State } from './state.ts'

/**
 * Forgets what can no longer make a difference, so that states which differ in nothing else are searched once. Changes the state that it
 * is given; call it when the promises have been looked at.
 */
export function forgetTheSettled(state: State, { scenario, protocol }: Model): void {
  if (scenario.forgetsNothing) return
  const log = setOf(state.log)
  const spool = setOf(state.spool)
  let inHand = 0
  for (const it of state.apis) if (nextOf(it) > api.close) inHand |= 1 << batchOf(it)

  if (!scenario.restores) {
    // The log forgets nothing: a job, an acknowledgement, a message to log it again change nothing more.
    state.jobs &= ~log
    state.acked |= log
    state.mayBeLost &= ~log
    state.unordered &= ~log
    if (protocol.logHoldsABatchOnce && protocol.refusedInsertTakesNoNumber) {
      state.lateInserts &= ~log
      state.lateSpooledInserts &= ~log
      state.lateBlindInserts &= ~log
    }
    if (!scenario.named) state.log = sorted(state.log)
  }

  // Neither in the log nor on any way there.
  const onItsWay =
    spool |
    state.jobs |
    state.lateInserts |
    state.lateSpooledInserts |
    state.lateBlindInserts |
    state.lateAppends |
    state.lateJoins |
    inHand |
    log
  const over = scenario.restores ? 0 : log
  const gone = ((1 << state.closed) - 1) & ~onItsWay
  const canBeLogged = ~gone & ~over
  for (let batch = 0; batch < state.closed; batch += 1)
    state.before &= ~((((canBeLogged >> batch) & 1) === 0 ? 15 : over | state.unordered) << (4 * batch))
  state.unreached &= canBeLogged
  state.away &= canBeLogged

  const drained = log & ~spool
  const forgotten = drained | gone
  state.passing &= ~forgotten
  state.late &= ~forgotten
  state.mustBeLate &= ~forgotten & ~state.unordered
  // A removal needs its batch in the spool.
  state.lateRemovals &= spool | state.lateAppends | state.lateJoins | state.jobs | inHand

  if (scenario.named) return
  state.apis = inOrder(state.apis)
  state.drainers = inOrder(state.drainers)
}

const inOrder = (processes: readonly number[]) =>
  processes.length === 2 && processes[0]! < processes[1]! ? [processes[1]!, processes[0]!] : processes
