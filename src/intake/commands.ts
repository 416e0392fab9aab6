import { randomUUID } from 'node:crypto'
import type { CommandRequest } from '../domain/batch.ts'
import type { Choice } from '../domain/choice.ts'
import type { LastCommand } from '../domain/command.ts'
import type { Lane } from '../domain/lane.ts'
import { Problem } from '../errors.ts'
import type { Fingerprints } from '../privacy/fingerprints.ts'
import type { Accepted } from '../queue/accept-batch.ts'
import type { Board, Wait } from '../status/board.ts'
import type { Campaign, Catalogue } from '../status/catalogue.ts'
import type { Clock } from '../status/clock.ts'
import { checkChoices } from './admit.ts'
import type { Batcher } from './batcher.ts'
import { notAccepted } from './not-accepted.ts'
import { maxOpenRequests, type OpenRequests } from './open-requests.ts'

/** What somebody who may wants done to a reservation. */
export type Command = { kind: 'cancel' } | { kind: 'move'; choices: Choice[] }

export type CommandSubmission = {
  campaign: string
  /**
   * The reservation's own while it may still be queued, for then the command is decided after it. Of one that was seen decided, any
   * lane will do.
   */
  lane: Lane
  reservationId: string
  command: Command
  idempotencyKey: string | undefined
}

/** What is answered with a 202. `queueNumber` is the command's, null while Postgres is away. */
export type AcceptedCommand = {
  id: string
  lastCommand: LastCommand
  queueNumber: number | null
  wait: Wait
}

/** Where a command that waits was put, for who asks for its reservation before the log can tell. */
export type NoteCommand = (
  command: Pick<CommandRequest, 'id' | 'reservationId' | 'kind'> & { campaign: string; lane: Lane; batchId: string },
) => Promise<void>

/**
 * Accepts a command on a reservation, or refuses it, with nothing read: whether it can be done is decided in its turn. Who may ask is
 * for the caller to know.
 */
export function createAcceptCommand({
  catalogue,
  fingerprints,
  openRequests,
  batcherOf,
  noteCommand,
  board,
  clock,
}: {
  catalogue: Catalogue
  fingerprints: Fingerprints
  openRequests: OpenRequests
  batcherOf: (campaign: string, lane: Lane) => Batcher<Accepted>
  noteCommand: NoteCommand
  board: Board
  clock: Clock
}) {
  return async function acceptCommand({
    campaign: campaignId,
    lane,
    reservationId,
    command,
    idempotencyKey,
  }: CommandSubmission): Promise<AcceptedCommand> {
    const receivedAt = clock.now()
    const campaign = catalogue.get(campaignId)
    if (!campaign) throw new Problem('not-found', 'There is no such campaign.')
    if (command.kind === 'move') checkMove(campaign, command.choices, receivedAt)
    const id =
      idempotencyKey === undefined ? randomUUID() : fingerprints.commandId(reservationId, idempotencyKey, command)
    // Open requests are counted by reservation here: whose voucher it is, nobody has looked up.
    const entered = openRequests.enter(reservationId, id)
    if (!entered)
      throw new Problem('too-many-requests', `This reservation has ${maxOpenRequests} open commands already.`, {
        retryAfterSeconds: 5,
      })
    try {
      const { batchId, place, result } = await batcherOf(campaignId, lane).add(
        { id, reservationId, ...command },
        receivedAt,
      )
      if (result.status === 'rejected')
        throw notAccepted(result.reason, {
          what: 'command',
          ask: 'Ask for the reservation',
          known: { id: reservationId },
        })
      const { kind } = command
      await noteCommand({ id, reservationId, kind, campaign: campaignId, lane, batchId })
      const queueNumber = result.value.by === 'log' ? result.value.firstNumber + place : null
      openRequests.accepted(campaignId, lane, { voucherKey: reservationId, id, number: queueNumber })
      const lastCommand: LastCommand = { id, kind, status: 'queued', reason: null }
      return { id: reservationId, lastCommand, queueNumber, wait: board.wait(campaignId, lane, queueNumber) }
    } catch (err) {
      if (!entered.isSentAgain) openRequests.leave(reservationId, id) // the first keeps its place
      throw err
    }
  }
}
export type AcceptCommand = ReturnType<typeof createAcceptCommand>

/** What can be known of a move without asking a store. Cancelling is open for as long as the appointment has not begun. */
function checkMove(campaign: Campaign, choices: Choice[], now: number) {
  if (now >= campaign.closesAt)
    throw new Problem('not-open', 'The campaign is closed: a reservation can be cancelled, but not moved any more.')
  checkChoices(campaign, choices)
}
