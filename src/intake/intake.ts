import type { BookRequest } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import type { ReservationRequest } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import { seal } from '../privacy/boxes.ts'
import type { Fingerprints } from '../privacy/fingerprints.ts'
import { type Receipts, receiptsExpireAt } from '../privacy/receipts.ts'
import type { AcceptBatch, Accepted } from '../queue/accept-batch.ts'
import type { Board, Wait } from '../status/board.ts'
import type { Campaign, Catalogue } from '../status/catalogue.ts'
import type { Clock } from '../status/clock.ts'
import { checkChoices, checkOpen, checkVoucherForm } from './admit.ts'
import { type Batcher, createBatcher, type Placed } from './batcher.ts'
import { createAcceptCommand, type NoteCommand } from './commands.ts'
import { notAccepted } from './not-accepted.ts'
import { createOpenRequests, maxOpenRequests } from './open-requests.ts'
import type { Registers } from './registers.ts'

/** In the place of a person's fingerprint where nobody is looked up: a campaign for anyone has no register. */
const nobody = '0'.repeat(32)

export type Submission = {
  campaign: string
  lane: Lane
  body: ReservationRequest
  idempotencyKey: string | undefined
}

/** What is answered with a 202. `queueNumber` is null while Postgres is away. */
export type AcceptedReservation = {
  id: string
  status: 'queued'
  queueNumber: number | null
  receipt: string
  wait: Wait
}

/**
 * Accepts a reservation or refuses it. Everything but the write is done in memory, so a refusal costs no I/O; an invented voucher
 * never reaches a queue.
 */
export function createIntake({
  catalogue,
  registers,
  fingerprints,
  receipts,
  acceptBatch,
  noteCommand,
  board,
  clock,
}: {
  catalogue: Catalogue
  registers: Registers
  fingerprints: Fingerprints
  receipts: Receipts
  acceptBatch: AcceptBatch
  noteCommand: NoteCommand
  board: Board
  clock: Clock
}) {
  const openRequests = createOpenRequests()
  const batchers = new Map<string, Batcher<Accepted>>()

  function batcherOf(campaign: string, lane: Lane) {
    const key = `${campaign} ${lane}`
    const batcher = batchers.get(key) ?? createBatcher({ campaign, lane, write: acceptBatch })
    batchers.set(key, batcher)
    return batcher
  }

  /** The person's cohort: its place plus one, 0 for none. Unknown voucher and wrong birth date get the same answer. */
  function findEligible(campaign: Campaign, fingerprint: string): number {
    if (campaign.eligibility === 'anyone') return 0
    const register = registers.get(campaign.id)
    if (!register)
      throw new Problem('unavailable', 'The register is not loaded yet. The request was not accepted.', {
        retryAfterSeconds: 2,
      })
    const cohort = register.find(Buffer.from(fingerprint, 'hex'))
    if (cohort === undefined)
      throw new Problem('not-eligible', 'Voucher and birth date are not a pair of this campaign.')
    return cohort
  }

  async function submit({
    campaign: campaignId,
    lane,
    body,
    idempotencyKey,
  }: Submission): Promise<AcceptedReservation> {
    const receivedAt = clock.now()
    const campaign = catalogue.get(campaignId)
    if (!campaign) throw new Problem('not-found', 'There is no such campaign.')
    checkVoucherForm(campaign, body.voucher)
    const fingerprint =
      campaign.eligibility === 'anyone' ? nobody : fingerprints.person(campaignId, body.voucher, body.birthDate)
    checkOpen(campaign, findEligible(campaign, fingerprint), receivedAt)
    checkChoices(campaign, body.choices)
    const dataKey = campaign.dataKeys[0]
    if (!dataKey) throw new Error(`campaign ${campaignId} has no data key that can be used`)

    const voucherKey = fingerprints.voucher(campaignId, body.voucher)
    const id = fingerprints.reservationId(campaignId, idempotencyKey, body)
    const entered = openRequests.enter(voucherKey, id)
    if (!entered)
      throw new Problem('too-many-requests', `This voucher has ${maxOpenRequests} open requests already.`, {
        retryAfterSeconds: 5,
      })
    const request: BookRequest = {
      id,
      kind: 'book',
      voucherKey,
      fingerprint,
      choices: body.choices,
      waitlist: body.waitlist,
      notify: body.person?.email !== undefined || body.person?.phone !== undefined,
      box: seal({ voucher: body.voucher, birthDate: body.birthDate, person: body.person }, dataKey, id),
    }
    try {
      return answer(campaign, lane, request, await batcherOf(campaignId, lane).add(request, receivedAt))
    } catch (err) {
      const perhapsOpen = err instanceof Problem && err.type === 'outcome-unknown'
      if (perhapsOpen) openRequests.accepted(campaignId, lane, { voucherKey, id, number: null })
      else if (!entered.isSentAgain) openRequests.leave(voucherKey, id) // the first keeps its place
      throw err
    }
  }

  function answer(campaign: Campaign, lane: Lane, request: BookRequest, placed: Placed<Accepted>): AcceptedReservation {
    const { id, voucherKey } = request
    const { batchId, place, result } = placed
    const expiresAt = receiptsExpireAt(campaign.closesAt)
    const receipt = receipts.sign({ reservationId: id, campaign: campaign.id, lane, batchId, place, expiresAt })
    if (result.status === 'rejected')
      throw notAccepted(result.reason, { what: 'request', ask: 'Ask with the receipt', known: { id, receipt } })
    const queueNumber = result.value.by === 'log' ? result.value.firstNumber + place : null
    openRequests.accepted(campaign.id, lane, { voucherKey, id, number: queueNumber })
    return { id, status: 'queued', queueNumber, receipt, wait: board.wait(campaign.id, lane, queueNumber) }
  }

  return {
    submit,
    acceptCommand: createAcceptCommand({
      catalogue,
      fingerprints,
      openRequests,
      batcherOf,
      noteCommand,
      board,
      clock,
    }),
    /** Notes how far a lane has been served. */
    served: openRequests.served,
    /** Resolves when nothing waits to be written. */
    flushed: async () => {
      await Promise.all([...batchers.values()].map((batcher) => batcher.flushed()))
    },
  }
}
export type Intake = ReturnType<typeof createIntake>
