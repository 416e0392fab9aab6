import type { NumberedRequest, NumberedSlotsRequest } from '../domain/decision.ts'
import type { Lane } from '../domain/lane.ts'
import type { Logger } from '../logger.ts'
import { isTransient } from '../postgres/errors.ts'
import { inTurn } from '../postgres/in-turn.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { insertSetAside } from '../postgres/set-aside.ts'
import { transaction } from '../postgres/transaction.ts'
import { advance, type LockedCampaign, pauseWriter, readWork, type Work } from '../postgres/writers.ts'
import { changeSlots, type Turn } from './change-slots.ts'
import { type Decided, decide } from './decide.ts'
import { createKnown, type Known } from './known.ts'
import { lockForDeciding } from './lock-for-deciding.ts'
import { type Memory, readFacts } from './read-facts.ts'
import { changeLine } from './read-line.ts'
import { type Ahead, readAhead, readRawRequest, readRequests } from './read-requests.ts'
import { countDecided, countWaiting, leaveToAnother, maxTurnRequests, nextLane } from './turns.ts'
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

/** A lane whose turn it is, under the campaign's lock. */
type TakenTurn = Work['lanes'][number] & { locked: LockedCampaign; work: Work }

type CampaignState = {
  memory?: Memory
  known: Known
  ahead?: Ahead
  lastLane?: Lane
  limit: number
  failures: number
  setAsideInARow: number
}

/**
 * Decides the next requests of a campaign, up to 1,000, in one transaction under the campaign's lock. Null when nothing waits or it
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
    const state = stateOf(campaign)
    for (;;) {
      try {
        const progressed = await decideOnce(campaign, state)
        state.failures = 0
        if (progressed) {
          state.lastLane = progressed.lane
          if (progressed.decisions.length + progressed.commands.length > 0) state.setAsideInARow = 0
          state.limit = Math.min(maxTurnRequests, state.limit * 2)
        }
        return progressed
      } catch (err) {
        delete state.ahead
        // What is remembered may be why, or the transaction was committed and nobody said so: all is read afresh.
        delete state.memory
        state.known.forget()
        if (isTransient(err)) throw err
        state.failures += 1
        log.warn({ campaign, err, attempt: state.failures, limit: state.limit }, 'transaction failed')
        if (state.failures <= wholeRetries) continue
        if (state.limit > 1) state.limit = Math.ceil(state.limit / 2)
        else await setAsideNext(campaign, state, err)
      }
    }
  }

  function stateOf(campaign: string): CampaignState {
    let state = states.get(campaign)
    if (!state) {
      const known = createKnown({ pool: helpPool, campaign, allocator, log })
      state = { known, limit: maxTurnRequests, failures: 0, setAsideInARow: 0 }
      states.set(campaign, state)
    }
    return state
  }

  async function decideOnce(campaign: string, state: CampaignState): Promise<Progressed | null> {
    const done = await transaction(
      pool,
      async (tx, turn: TakenTurn | null) => turn && decideTurn(tx, campaign, state, turn),
      (tx) => takeTurn(tx, campaign, state),
    )
    if (!done) return null
    // Committed: only now may memory know of it.
    const { memory, decided, slotsRevision, lineRevision } = done
    memory.book.take(decided.taken)
    state.known.learn(decided.decisions, done.decidedInAll)
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
  }

  async function decideTurn(tx: Transaction, campaign: string, state: CampaignState, turn: TakenTurn) {
    const { lane, servingNumber, acceptedNumber, locked, work } = turn
    const wanted = { campaign, lane, acceptedNumber, limit: state.limit }
    const { requests, slots, ahead } = await readRequests(tx, { ...wanted, servingNumber, ahead: state.ahead })
    const last = slots ?? requests.at(-1)
    if (!last)
      throw new Error(
        `bug: ${campaign}/${lane} accepted more than number ${servingNumber}, but the log holds nothing after it`,
      )
    const taken = last.number - servingNumber
    const left = countWaiting(work) - taken
    const decidedInAll = countDecided(work) + taken
    const turnOf = { campaign, lane, locked, work, memory: state.memory, known: state.known }
    const moveOn = () => advance(tx, { campaign, lane, to: last.number, allocator })
    const readOn = () => readAhead(tx, { ...wanted, servingNumber: last.number, ahead })
    const done = slots
      ? await changeSlotsAlone(tx, { ...turnOf, request: slots }, { moveOn, ahead })
      : await decideRequests(tx, { ...turnOf, requests }, { moveOn, readOn })
    return { ...done, lane, last, left, decidedInAll, decidedAt: work.now }
  }

  async function changeSlotsAlone(
    tx: Transaction,
    turn: Turn & { request: NumberedSlotsRequest },
    { moveOn, ahead }: { moveOn: () => Promise<number>; ahead: Ahead },
  ) {
    const changed = await changeSlots(tx, turn)
    return { ...changed, ahead, slotsRevision: await moveOn() }
  }

  async function decideRequests(
    tx: Transaction,
    {
      campaign,
      lane,
      locked,
      work,
      memory: last,
      known,
      requests,
    }: Turn & { known: Known; requests: NumberedRequest[] },
    { moveOn, readOn }: { moveOn: () => Promise<number>; readOn: () => Promise<Ahead> },
  ) {
    const { facts, memory } = await readFacts(tx, { campaign, locked, work, requests, memory: last, known })
    const decided = decide(requests, facts)
    const [ahead, { revision, last: slotsRevision }] = await inTurn([
      readOn(),
      writeDecisions(tx, { campaign, lane, decidedAt: work.now, decided, lineRevision: work.lineRevision }, moveOn),
    ])
    return { decided, memory, lineRevision: revision, slotsRevision, ahead }
  }

  async function takeTurn(tx: Transaction, campaign: string, state: CampaignState): Promise<TakenTurn | null> {
    const [locked, work] = await inTurn([lockForDeciding(tx, helpPool, campaign, log), readWork(tx, campaign)])
    if (!locked) return null
    if (!work) throw new Error(`bug: campaign ${campaign} has no writer`)
    state.known.see(work)
    if (work.paused || leaveToAnother(work, allocator)) return null
    const next = nextLane(work.lanes, state.lastLane)
    return next && { ...next, locked, work }
  }

  async function setAsideNext(campaign: string, state: CampaignState, cause: unknown) {
    const setAside = async (tx: Transaction, turn: TakenTurn | null) => {
      if (!turn) return
      const { lane, servingNumber } = turn
      const error =
        cause instanceof Error ? `${cause.name} ${String((cause as { code?: string }).code ?? '')}`.trim() : 'unknown'
      const request = await readRawRequest(tx, { campaign, lane, servingNumber })
      await insertSetAside(tx, { ...request, campaign, lane, error })
      await advance(tx, { campaign, lane, to: request.number, allocator })
      log.error({ campaign, lane, number: request.number, batchId: request.batchId, err: cause }, 'request set aside')
    }
    await transaction(pool, setAside, (tx) => takeTurn(tx, campaign, state))
    state.failures = 0
    state.setAsideInARow += 1
    if (state.setAsideInARow < setAsideBeforePause) return
    state.setAsideInARow = 0
    await pauseWriter(helpPool, campaign, `${setAsideBeforePause} requests in a row could not be committed`)
    log.fatal({ campaign }, 'allocation paused: requests fail one after another, which is a bug and not a request')
  }
}
export type DecideNext = ReturnType<typeof createDecideNext>
