import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Uuid } from '../domain/ids.ts'
import { Problem } from '../errors.ts'
import type { Receipt } from '../privacy/receipts.ts'
import { bearer } from './operator-access.ts'

/** The path of one reservation. Whatever is no id is answered as an id that is not known: by `requireReceipt`. */
export const OfReservation = z.object({
  id: z.string().meta({ description: 'The `id` of the 202.', examples: Uuid.meta()!.examples }),
})

/**
 * The receipt with which a reservation is asked for. Throws the same Problem `unauthorized` whether it is missing, forged, expired or
 * another's, and whether the id exists or not.
 */
export function requireReceipt(
  request: FastifyRequest,
  id: string,
  verify: (token: string) => Receipt | null,
): Receipt {
  const receipt = verify(bearer(request) ?? '')
  if (!receipt || !Uuid.safeParse(id).success || receipt.reservationId !== id.toLowerCase())
    throw new Problem('unauthorized', 'The receipt of this reservation is needed: Authorization: Bearer <receipt>.')
  return receipt
}
