import { has, headOf, lengthOf, only, setOf } from './batches.ts'
import type { Model } from './protocol.ts'
import { batchOf, drainer, knowsOf, nextOf, type Process, process, type State, sawPassing } from './state.ts'
import type { Emit } from './steps.ts'
import { appendToLog, markFoundLogged, removeSpoolHead } from './stores.ts'

const names = ['drainer 1', 'drainer 2']

/** What one drainer can do next: src/queue/drain-spool.ts. One that throws or crashes begins anew, as `watchSpool` has it. */
export function drainSteps(state: State, model: Model, slot: number, emit: Emit) {
  const { scenario, protocol } = model
  const { postgresFails, redisFails, lateInserts } = scenario
  const self = state.drainers[slot]!
  const batch = batchOf(self)
  const bit = only(batch)
  const head = headOf(state.spool)

  function step(what: string, then: Process, change?: (next: State) => void, of = batch) {
    const next = { ...state, drainers: state.drainers.with(slot, then) }
    change?.(next)
    emit(names[slot]!, of, what, next)
  }
  const idle = process(drainer.idle)
  const keepRefused = (next: State) => {
    next.broken = 'a sound batch was set aside'
  }
  /** With the head in hand. `begin` is a step of its own where what the statement sees at its beginning counts. */
  const logNext = protocol.marksLateUnderTheLock ? drainer.log : drainer.begin
  const withHead = protocol.removesAfterCommit ? logNext : drainer.remove

  if (nextOf(self) !== drainer.idle && (postgresFails || redisFails || scenario.crashes)) step('fails', idle)

  switch (nextOf(self)) {
    case drainer.idle: {
      if (lengthOf(state.spool) === 0) return
      if (protocol.commandsForHead === 1) return step('spool.head', process(withHead, head), undefined, head)
      return step('spool.head: lindex', process(drainer.hget, head), undefined, head)
    }
    case drainer.hget: {
      if (has(setOf(state.spool), batch)) return step('spool.head: hget', process(withHead, batch))
      if (protocol.commandsForHead === 3) return step('spool.head: hget → nil', process(drainer.again, batch))
      return step('spool.head: hget → nil; keepRefused', process(drainer.remove, batch), keepRefused)
    }
    case drainer.again: {
      if (head !== batch) return step('spool.head: another head, from the beginning', idle)
      return step('spool.head: still the head; keepRefused', process(drainer.remove, batch), keepRefused)
    }
    case drainer.begin:
      return step(
        'appendBatch (spooled) begins',
        process(drainer.log, batch, has(state.passing, batch) ? sawPassing : 0),
      )
    case drainer.log: {
      const saw = knowsOf(self) === sawPassing
      const then = protocol.removesAfterCommit ? process(drainer.addJob, batch) : idle
      if (has(setOf(state.log), batch))
        step('appendBatch (spooled) → 23505, readBatch → number', then, (next) => {
          appendToLog(next, model, batch, { spooled: true })
          markFoundLogged(next, model, batch)
        })
      else
        step('appendBatch (spooled) → number', then, (next) => {
          appendToLog(next, model, batch, { spooled: true, sawPassing: saw })
        })
      if (!postgresFails && !lateInserts) return
      return step('appendBatch (spooled) fails: late', idle, (next) => {
        if (protocol.marksLateUnderTheLock || saw) next.lateSpooledInserts |= bit
        else next.lateBlindInserts |= bit
      })
    }
    case drainer.addJob:
      return step('jobs.add', process(drainer.remove, batch), (next) => {
        next.jobs |= bit
      })
    case drainer.remove: {
      const then = protocol.removesAfterCommit ? idle : process(logNext, batch)
      step('spool.removeHead', then, (next) => removeSpoolHead(next, model, batch))
      if (!redisFails) return
      return step('spool.removeHead fails: late', idle, (next) => {
        next.lateRemovals |= bit
      })
    }
  }
}
