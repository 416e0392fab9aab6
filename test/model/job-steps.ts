import { type Batch, has, only, setOf } from './batches.ts'
import type { Model } from './protocol.ts'
import type { State } from './state.ts'
import type { Emit } from './steps.ts'
import { appendToSpool } from './stores.ts'

/** What the handler of one job can do next: src/queue/work-lane.ts. Jobs are handled side by side, in any order. */
export function jobSteps(state: State, { scenario, protocol }: Model, batch: Batch, emit: Emit): void {
  const bit = only(batch)
  if (has(state.lacking, batch)) {
    spoolIt()
  } else if (has(state.jobs, batch)) {
    if (has(setOf(state.log), batch)) step('isDecided → true: the job ends', { jobs: state.jobs & ~bit })
    else step('isDecided → null: the log lacks it', { lacking: state.lacking | bit })
  }

  function spoolIt() {
    const done = { lacking: state.lacking & ~bit, jobs: state.jobs & ~bit }
    const spooled = { ...state, ...done }
    appendToSpool(spooled, batch)
    emit('job', batch, 'spool.append → spooled: the job ends', spooled)
    if (!scenario.redisFails) return
    const failed = protocol.jobOutlivesAFailedSpool ? { lacking: done.lacking } : done
    step('spool.append fails: refused', failed)
    step('spool.append fails: late', { ...failed, lateAppends: state.lateAppends | bit })
  }

  function step(what: string, change: Partial<State>) {
    emit('job', batch, what, { ...state, ...change })
  }
}
