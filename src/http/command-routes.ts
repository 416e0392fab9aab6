import type { FastifyReply } from 'fastify'
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Choices } from '../domain/choice.ts'
import { LastCommand } from '../domain/command.ts'
import type { AcceptedCommand, Command } from '../intake/commands.ts'
import type { Intake } from '../intake/intake.ts'
import type { Receipt } from '../privacy/receipts.ts'
import { problemResponses } from './problem-details.ts'
import { OfReservation, requireReceipt } from './receipt-access.ts'
import {
  acceptedHeaders,
  aReservation,
  IdempotencyKey,
  pollAfter,
  type ReservationRoutes,
  Wait,
} from './reservation-routes.ts'

export const CommandAccepted = z
  .object({
    id: z.string().meta({ description: "The reservation's." }),
    lastCommand: LastCommand,
    queueNumber: z.int().nullable().meta({ description: "The command's. Null while it is not known yet." }),
    wait: Wait,
  })
  .meta({
    id: 'CommandAccepted',
    examples: [
      {
        id: aReservation.id,
        lastCommand: { id: '3c9d7f10-52ab-8e44-b1c6-7a0e9d2f4b85', kind: 'cancel', status: 'queued', reason: null },
        queueNumber: 1300,
        wait: { ahead: 12, p50Seconds: 1, p90Seconds: 2 },
      },
    ],
  })

/** The 202 of a command. */
export const commandAccepted = {
  description: 'Accepted',
  headers: acceptedHeaders,
  content: { 'application/json': { schema: CommandAccepted } },
}

/** Answers that a command was accepted. */
export const sendAccepted = (reply: FastifyReply, accepted: AcceptedCommand) =>
  reply
    .code(202)
    .header('location', `/v1/reservations/${accepted.id}`)
    .header('retry-after', pollAfter(accepted.wait))
    .send(accepted)

export type CommandRoutes = Pick<ReservationRoutes, 'admit' | 'verify'> & { acceptCommand: Intake['acceptCommand'] }

/** What who holds a receipt can do to their reservation: commands, decided in the order of its lane. */
export const commandRoutes: FastifyPluginAsyncZod<CommandRoutes> = async (app, { admit, verify, acceptCommand }) => {
  const common = {
    tags: ['reservations'],
    security: [{ receipt: [] }],
    params: OfReservation,
    headers: z.object({ 'idempotency-key': IdempotencyKey.optional() }),
  }

  function accept(
    { campaign, lane, reservationId }: Receipt,
    idempotencyKey: string | undefined,
    command: Command,
  ): Promise<AcceptedCommand> {
    admit(campaign, lane)
    return acceptCommand({ campaign, lane, reservationId, command, idempotencyKey })
  }

  app.delete(
    '/v1/reservations/:id',
    {
      schema: {
        ...common,
        operationId: 'cancelReservation',
        summary: 'Cancel it',
        description:
          'In queue order, until an appointment has begun. `lastCommand` of the reservation says what became of it. ' +
          'Without an `Idempotency-Key`, each time it is sent is another command.',
        response: { 202: commandAccepted, ...problemResponses(400, 401, 404, 429, 503, 'outcome-unknown') },
      },
    },
    async (request, reply) => {
      const receipt = requireReceipt(request, request.params.id, verify)
      return sendAccepted(reply, await accept(receipt, request.headers['idempotency-key'], { kind: 'cancel' }))
    },
  )

  app.put(
    '/v1/reservations/:id/choices',
    {
      schema: {
        ...common,
        operationId: 'moveReservation',
        summary: 'Move it',
        description:
          'In queue order. The old seat is kept until there is a new one: where none of the choices can be had, the command is ' +
          'refused (`sold-out`) and nothing has changed. In the waiting list: what is waited for from now on, in the same place.',
        body: z.strictObject({ choices: Choices }).meta({
          id: 'NewChoices',
          examples: [{ choices: [{ slotId: 'shibuya@20261201T0100Z' }] }],
        }),
        response: {
          202: commandAccepted,
          ...problemResponses(400, 401, 'not-open', 404, 413, 415, 422, 429, 503, 'outcome-unknown'),
        },
      },
    },
    async (request, reply) => {
      const receipt = requireReceipt(request, request.params.id, verify)
      const { choices } = request.body
      return sendAccepted(reply, await accept(receipt, request.headers['idempotency-key'], { kind: 'move', choices }))
    },
  )
}
