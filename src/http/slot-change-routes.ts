import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { CampaignId, Uuid } from '../domain/ids.ts'
import { AffectedReservation, SlotChange, SlotChangeReason } from '../domain/slot-change.ts'
import { Problem } from '../errors.ts'
import type { Operate } from '../operations/operate.ts'
import { problemResponses } from './problem-details.ts'

const anId = '5f0c2a7e-9d41-4b6c-8e13-2a7d9c4f6b10'

const SlotChangeAccepted = z
  .object({ id: z.string(), campaign: z.string(), queueNumber: z.int() })
  .meta({ id: 'SlotChangeAccepted', examples: [{ id: anId, campaign: 'demo', queueNumber: 7 }] })

const DecidedSlotChange = z
  .object({
    id: z.string(),
    campaign: z.string(),
    outcome: z.enum(['done', 'refused']),
    reason: SlotChangeReason.nullable(),
    affected: z.array(AffectedReservation).meta({
      description: 'Who held a seat in the slots, and what became of them; null for who kept it from being done.',
    }),
  })
  .meta({
    id: 'DecidedSlotChange',
    examples: [
      {
        id: anId,
        campaign: 'demo',
        outcome: 'refused',
        reason: 'would-hit',
        affected: [
          { reservationId: '0d4e3a52-6b1f-5c38-9a07-2f8c5d1e7b94', slotId: 'shibuya@20261201T0030Z', became: null },
        ],
      },
    ],
  })

export type SlotChangeRoutes = { operate: Operate }

/** Changes of slots while people book them: put into the log, and asked for until they are decided. */
export const slotChangeRoutes: FastifyPluginAsyncZod<SlotChangeRoutes> = async (app, { operate }) => {
  const common = { tags: ['operators'], security: [{ operatorKey: [] }] }

  app.post(
    '/v1/operator/campaigns/:campaign/slot-changes',
    {
      config: { role: 'admin' },
      schema: {
        ...common,
        operationId: 'changeSlots',
        summary: 'Add, resize, block or close slots',
        description:
          'In queue order, in the lane `agent`. What becomes of who would lose a seat is said by `affected`: `keep` (refused where that ' +
          'cannot be, naming them), `move` or `cancel`. Seats that become free go to the waiting list at once.',
        params: z.object({ campaign: CampaignId }),
        body: SlotChange.meta({
          id: 'SlotChange',
          examples: [{ do: 'block', which: { slotIds: ['shibuya@20261201T0030Z'] }, affected: 'keep' }],
        }),
        response: { 202: SlotChangeAccepted, ...problemResponses(400, 401, 403, 404, 413, 415, 503) },
      },
    },
    async ({ params: { campaign }, body, operator }, reply) => {
      const accepted = await operate(operator).changeSlots(campaign, body)
      return reply.code(202).header('location', `/v1/operator/slot-changes/${accepted.id}`).send(accepted)
    },
  )

  app.get(
    '/v1/operator/slot-changes/:id',
    {
      config: { role: 'viewer' },
      schema: {
        ...common,
        operationId: 'readSlotChange',
        summary: 'What became of a change of slots',
        description: 'Once it is decided.',
        params: z.object({ id: Uuid }),
        response: { 200: DecidedSlotChange, ...problemResponses(400, 401, 403, 404, 503) },
      },
    },
    async ({ params: { id }, operator }) => {
      const decided = await operate(operator).readSlotChange(id)
      if (!decided) throw new Problem('not-found', 'It is not decided yet, or there is no such change.')
      return decided
    },
  )
}
