import { acceptSteps } from './accept-steps.ts'
import type { Batch } from './batches.ts'
import { drainSteps } from './drain-steps.ts'
import { faultSteps } from './fault-steps.ts'
import { jobSteps } from './job-steps.ts'
import { lateSteps } from './late-steps.ts'
import type { Model } from './protocol.ts'
import type { State } from './state.ts'

/** Takes a step: who, with which batch (-1: none), what, and the state after it. */
export type Emit = (who: string, batch: Batch, what: string, next: State) => void

/** Everything that can happen next, always in the same order. */
export function stepsFrom(state: State, model: Model, emit: Emit): void {
  for (let slot = 0; slot < state.apis.length; slot += 1) acceptSteps(state, model, slot, emit)
  for (let slot = 0; slot < state.drainers.length; slot += 1) drainSteps(state, model, slot, emit)
  for (let batch = 0; batch < state.closed; batch += 1) {
    jobSteps(state, model, batch, emit)
    lateSteps(state, model, batch, emit)
  }
  faultSteps(state, emit)
}
