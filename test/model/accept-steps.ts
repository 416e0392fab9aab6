import { type Batch, has, lengthOf, only, setOf } from './batches.ts'
import type { Model } from './protocol.ts'
import { api, batchOf, knowsOf, nextOf, type Process, perhapsDone, process, redisAnswers, type State } from './state.ts'
import type { Emit } from './steps.ts'
import { appendToLog, appendToSpool, joinSpool } from './stores.ts'

const names = ['api 1', 'api 2']

/** What one API can do next: src/intake/batcher.ts, then src/queue/accept-batch.ts. */
export function acceptSteps(state: State, model: Model, slot: number, emit: Emit) {
  const { scenario, protocol } = model
  const { postgresFails, redisFails, lateInserts } = scenario
  const self = state.apis[slot]!
  const batch = batchOf(self)
  const bit = only(batch)
  const knows = knowsOf(self)
  const perhaps = knows & perhapsDone

  /** A step: what it is called, what this API does next, and what changes beside. */
  function step(what: string, then: Process, change?: (next: State) => void, of: Batch = batch) {
    const next = { ...state, apis: state.apis.with(slot, then) }
    change?.(next)
    emit(names[slot]!, of, what, next)
  }
  const acknowledge = (next: State) => {
    next.acked |= bit
  }
  const close = (next: State) => {
    next.before |= (state.acked & ~setOf(state.log) & ~state.unordered) << (4 * state.closed)
    next.closed += 1
  }
  const cannotReach = (next: State) => {
    next.unreached |= bit
  }

  if (scenario.crashes && nextOf(self) !== api.idle && nextOf(self) !== api.close) step('crash', process(api.idle))

  switch (nextOf(self)) {
    case api.idle: {
      if (state.closed === scenario.batches) return
      if (protocol.closesBeforeReading) return step('close', process(api.length, state.closed), close, state.closed)
      // Which batch this will be is not known yet; what the spool's length was is.
      const known = lengthOf(state.spool) > 0 ? perhapsDone : redisAnswers
      return step('spool.length, before closing', process(api.close, 0, known), undefined, state.closed)
    }
    case api.close: {
      if (state.closed === scenario.batches) return
      const then =
        knows === perhapsDone ? process(api.join, state.closed) : process(api.log, state.closed, redisAnswers)
      return step('close', then, close, state.closed)
    }
    case api.length: {
      if (!protocol.asksTheSpoolFirst) return step('goes to the log', process(api.log, batch, redisAnswers | perhaps))
      if (lengthOf(state.spool) > 0) step('spool.length → not 0', process(api.join, batch, perhaps))
      else step('spool.length → 0', process(api.log, batch, redisAnswers | perhaps))
      if (redisFails) step('spool.length fails', process(api.log, batch, perhaps), cannotReach)
      return
    }
    case api.join: {
      const joined = { ...state }
      if (joinSpool(joined, batch))
        step('spool.join → spooled, 202', process(api.idle), (next) => {
          next.spool = joined.spool
          acknowledge(next)
        })
      else if (protocol.joinsOnlyIfStillNotEmpty) step('spool.join → log', process(api.length, batch, perhaps))
      else
        step('spool.append → spooled, 202', process(api.idle), (next) => {
          appendToSpool(next, batch)
          acknowledge(next)
          next.broken = 'a lane that was back to normal was spooled though postgres answered'
        })
      if (!redisFails) return
      const answers = protocol.failedJoinIsRedisAway ? 0 : redisAnswers
      step('spool.join fails: refused', process(api.log, batch, answers | perhaps), cannotReach)
      const maybe = protocol.failedJoinIsPerhapsDone ? perhapsDone : perhaps
      return step('spool.join fails: late', process(api.log, batch, answers | maybe), (next) => {
        cannotReach(next)
        next.lateJoins |= bit
      })
    }
    case api.log: {
      if (!protocol.logsBeforeAddingJob) {
        step('appendBatch and jobs.add at once → both done, 202', process(api.idle), (next) => {
          appendToLog(next, model, batch, {})
          acknowledge(next)
        })
        return step('appendBatch and jobs.add at once → only the job in time, 202', process(api.idle), (next) => {
          next.lateInserts |= bit
          next.jobs |= bit
          acknowledge(next)
        })
      }
      const markAway = (next: State) => {
        if (!(knows & redisAnswers)) next.away |= bit
      }
      if (has(setOf(state.log), batch))
        step('appendBatch → 23505', process(api.readBack, batch, knows), (next) => appendToLog(next, model, batch, {}))
      else if (knows & redisAnswers)
        step('appendBatch → number', process(api.addJob, batch), (next) => {
          appendToLog(next, model, batch, {})
        })
      else
        step('appendBatch (redis_away) → number, 202', process(api.idle), (next) => {
          markAway(next)
          appendToLog(next, model, batch, {})
          acknowledge(next)
        })
      if (postgresFails) step('appendBatch fails: refused', process(api.append, batch, perhaps))
      if (!postgresFails && !lateInserts) return
      if (!protocol.spoolsAfterLateInsert)
        return step('appendBatch late; jobs.add, 202', process(api.idle), (next) => {
          next.lateInserts |= bit
          next.jobs |= bit
          acknowledge(next)
        })
      return step('appendBatch fails: late', process(api.append, batch, perhapsDone), (next) => {
        markAway(next)
        next.lateInserts |= bit
      })
    }
    case api.readBack: {
      if (knows & redisAnswers) step('readBatch → number', process(api.addJob, batch))
      else step('readBatch → number, 202', process(api.idle), acknowledge)
      if (postgresFails) step('readBatch fails: refused', process(api.append, batch, perhaps))
      if (postgresFails || lateInserts) step('readBatch fails: late', process(api.append, batch, perhapsDone))
      return
    }
    case api.addJob: {
      step('jobs.add, 202', process(api.idle), (next) => {
        next.jobs |= bit
        acknowledge(next)
      })
      if (redisFails) step('jobs.add fails, 202', process(api.idle), acknowledge)
      return
    }
    case api.append: {
      step('spool.append → spooled, 202', process(api.idle), (next) => {
        appendToSpool(next, batch)
        acknowledge(next)
      })
      if (!redisFails) return
      step('spool.append fails: late; 503 outcome-unknown', process(api.idle), (next) => {
        next.lateAppends |= bit
      })
      if (perhaps) return step('spool.append fails: refused; 503 outcome-unknown', process(api.idle))
      return step('spool.append fails: refused; 503 unavailable', process(api.idle), (next) => {
        next.refused |= bit
      })
    }
  }
}
