import { type Batch, has, only } from './batches.ts'
import type { Model } from './protocol.ts'
import type { State } from './state.ts'
import type { Emit } from './steps.ts'
import { appendToLog, appendToSpool, joinSpool, removeSpoolHead } from './stores.ts'

/** Messages that nobody waits for any more and that arrive after all. One that never does is one that has not yet. */
export function lateSteps(state: State, model: Model, batch: Batch, emit: Emit): void {
  const bit = only(batch)

  function arrives(
    message: 'lateInserts' | 'lateSpooledInserts' | 'lateBlindInserts' | 'lateAppends' | 'lateJoins' | 'lateRemovals',
    what: string,
    change: (next: State) => void,
  ) {
    if (!has(state[message], batch)) return
    const next = { ...state, [message]: state[message] & ~bit }
    change(next)
    emit('late', batch, what, next)
  }

  arrives('lateInserts', 'appendBatch takes effect', (next) => appendToLog(next, model, batch, {}))
  arrives('lateSpooledInserts', 'appendBatch (spooled) takes effect', (next) =>
    appendToLog(next, model, batch, { spooled: true, sawPassing: true }),
  )
  arrives('lateBlindInserts', 'appendBatch (spooled) takes effect', (next) =>
    appendToLog(next, model, batch, { spooled: true }),
  )
  arrives('lateAppends', 'spool.append takes effect', (next) => appendToSpool(next, batch))
  arrives('lateJoins', 'spool.join takes effect', (next) => joinSpool(next, batch))
  arrives('lateRemovals', 'spool.removeHead takes effect', (next) => removeSpoolHead(next, model, batch))
}
