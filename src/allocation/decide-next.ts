import { maxBatchRequests } from '../domain/batch.ts'
import type { NumberedRequest } from '../domain/decision.ts'
import type { Lane } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { isTransient } from '../postgres/errors.ts'
import { inTurn } from '../postgres/in-turn.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { insertSetAside } from '../postgres/set-aside.ts'
import { transaction } from '../postgres/transaction.ts'
import { advance, pauseWriter, readWork, type Work } from '../postgres/writers.ts'
import { changeSlots, type Turn } from './change-slots.ts'
import { type Decided, decide } from './decide.ts'
import { lockForDeciding } from './lock-for-deciding.ts'
import { type Memory, readFacts } from './read-facts.ts'
import { changeLine } from './read-line.ts'
import { type Ahead, readAhead, readRawRequest, readRequests } from './read-requests.ts'
import { countWaiting, leaveToAnother, nextLane } from './turns.ts'
import { writeDecisions } from './write-decisions.ts'

/** A constraint that another order of events would have kept: the whole transaction is tried again so often before it is split. */
const wholeRetries = 2
/** So many set aside in a row is a bug and not a request: stop, and call for help. */
const setAsideBeforePause = 3

/**
 * What one transaction did. `decisions`: what is new; a request that was decided before is not among them. `left`: of what was accepted
 * when it began, in all lanes, so much still waits.
 */
export type Progressed = {
  lane: Lane
  servingNumber: number
  left: number
  decisions: Decided['decisions']
  commands: Decided['commands']
  /** Ids of reservations that no longer stand as they were booked. */
  changed: string[]
  decidedAt: number
}

type CampaignState = {
  memory?: Memory
  ahead?: Ahead
  lastLane?: Lane
  limit: number
  failures: number
  setAsideInARow: number
}

/**
 * Decides the next requests of a campaign, up to 500, in one transaction under the campaign's lock. Null when nothing waits or it
 * is paused. Throws only what waiting can mend; a request that cannot be committed is found by halving and set aside.
 */
export function createDecideNext({
  pool,
  helpPool = pool,
  allocator,
  log,
}: {
  pool: Pool
  /** Has a connection when all of `pool` wait for locks. */
  helpPool?: Pool
  allocator: string
  log: Logger
}) {
  const states = new Map<string, CampaignState>()

  return async function decideNext(campaign: string): Promise<Progressed | null> {
    const state = states.get(campaign) ?? { limit: maxBatchRequests, failures: 0, setAsideInARow: 0 }
    states.set(campaign, state)
    for (;;) {
      try {
        const progressed = await decideOnce(campaign, state)
        state.failures = 0
        if (progressed) {
          state.lastLane = progressed.lane
          if (progressed.decisions.length + progressed.commands.length > 0) state.setAsideInARow = 0
          state.limit = Math.min(maxBatchRequests, state.limit * 2)
        }
        return progressed
      } catch (err) {
        delete state.ahead
        delete state.memory // what it says of the slots may be why: they are read afresh
        if (isTransient(err)) throw err
        state.failures += 1
        log.warn({ campaign, err, attempt: state.failures, limit: state.limit }, 'transaction failed')
        if (state.failures <= wholeRetries) continue
        if (state.limit > 1) state.limit = Math.ceil(state.limit / 2)
        else await setAsideNext(campaign, state, err)
      }
    }
  }

  async function decideOnce(campaign: string, state: CampaignState): Promise<Progressed | null> {
    return transaction(pool, async (tx) => {
      const turn = await takeTurn(tx, campaign, state)
      if (!turn) return null
      const { lane, servingNumber, acceptedNumber, locked, work } = turn
      const wanted = { campaign, lane, acceptedNumber, limit: state.limit }
      const { requests, slots, ahead: known } = await readRequests(tx, { ...wanted, servingNumber, ahead: state.ahead })
      const last = slots ?? requests.at(-1)
      if (!last)
        throw new Error(
          `bug: ${campaign}/${lane} accepted more than number ${servingNumber}, but the log holds nothing after it`,
        )
      const left = countWaiting(work) - (last.number - servingNumber)
      const turnOf = { campaign, lane, locked, work, memory: state.memory }
      const { decided, memory, lineRevision, ahead } = slots
        ? { ...(await changeSlots(tx, { ...turnOf, request: slots })), ahead: known }
        : await decideRequests(tx, { ...turnOf, requests }, () =>
            readAhead(tx, { ...wanted, servingNumber: last.number, ahead: known }),
          )
      const slotsRevision = await advance(tx, { campaign, lane, to: last.number, allocator })
      return { lane, last, left, decided, memory, ahead, slotsRevision, lineRevision, decidedAt: work.now }
    }).then((done) => {
      if (!done) return null
      // Committed: only now may memory know of it.
      const { memory, decided, slotsRevision, lineRevision } = done
      memory.book.take(decided.taken)
      state.ahead = done.ahead
      state.memory = {
        ...memory,
        slotsRevision,
        line: lineRevision === null ? memory.line : changeLine(memory.line!, decided.line, lineRevision),
      }
      return {
        lane: done.lane,
        servingNumber: done.last.number,
        left: done.left,
        decisions: done.decided.decisions,
        commands: done.decided.commands,
        changed: [...done.decided.changes.keys()],
        decidedAt: done.decidedAt,
      }
    })
  }

  async function decideRequests(
    tx: Transaction,
    { campaign, lane, locked, work, memory: last, requests }: Turn & { requests: NumberedRequest[] },
    readOn: () => Promise<Ahead>,
  ) {
    const { facts, memory } = await readFacts(tx, { campaign, locked, work, requests, memory: last })
    const decided = decide(requests, facts)
    const [ahead, lineRevision] = await inTurn([
      readOn(),
      writeDecisions(tx, { campaign, lane, decidedAt: work.now, decided, lineRevision: work.lineRevision }),
    ])
    return { decided, memory, lineRevision, ahead }
  }

  async function takeTurn(tx: Transaction, campaign: string, state: CampaignState) {
    const locked = await lockForDeciding(tx, helpPool, campaign, log)
    if (!locked) return null
    const work: Work = await readWork(tx, campaign)
    if (work.paused || leaveToAnother(work, allocator)) return null
    const next = nextLane(work.lanes, state.lastLane)
    return next && { ...next, locked, work }
  }

  async function setAsideNext(campaign: string, state: CampaignState, cause: unknown) {
    await transaction(pool, async (tx) => {
      const turn = await takeTurn(tx, campaign, state)
      if (!turn) return
      const { lane, servingNumber } = turn
      const error =
        cause instanceof Error ? `${cause.name} ${String((cause as { code?: string }).code ?? '')}`.trim() : 'unknown'
      const request = await readRawRequest(tx, { campaign, lane, servingNumber })
      await insertSetAside(tx, { ...request, campaign, lane, error })
      await advance(tx, { campaign, lane, to: request.number, allocator })
      log.error({ campaign, lane, number: request.number, batchId: request.batchId, err: cause }, 'request set aside')
    })
    state.failures = 0
    state.setAsideInARow += 1
    if (state.setAsideInARow < setAsideBeforePause) return
    state.setAsideInARow = 0
    await pauseWriter(helpPool, campaign, `${setAsideBeforePause} requests in a row could not be committed`)
    log.fatal({ campaign }, 'allocation paused: requests fail one after another, which is a bug and not a request')
  }
}
export type DecideNext = ReturnType<typeof createDecideNext>
