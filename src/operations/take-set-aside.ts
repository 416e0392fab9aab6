import { Uuid } from '../domain/ids.ts'
import { UserError } from '../errors.ts'
import type { Transaction } from '../postgres/pool.ts'
import { findSetAsideCampaign, lockSetAside, type SetAsideRequest } from '../postgres/set-aside.ts'
import { lockCampaign } from '../postgres/writers.ts'

/**
 * Takes a request that was set aside, under its campaign's lock and its own: nobody decides or settles it meanwhile. `request` is as it
 * stands in the log, unchecked; undefined when it cannot be read. Throws a UserError when it does not wait for an operator.
 */
export async function takeSetAside(
  tx: Transaction,
  requestId: string,
): Promise<SetAsideRequest & { request: Record<string, unknown> | undefined }> {
  const notThere = new UserError(`there is no request ${requestId} that was set aside`, { type: 'not-found' })
  const campaign = Uuid.safeParse(requestId).success ? await findSetAsideCampaign(tx, requestId) : null
  if (campaign === null) throw notThere
  await lockCampaign(tx, campaign)
  const aside = await lockSetAside(tx, requestId)
  if (!aside) throw notThere
  if (aside.settled) throw new UserError(`request ${requestId} was dealt with already`, { type: 'conflict' })
  return { ...aside, request: requestAt(aside) }
}

function requestAt({ requests, place }: SetAsideRequest): Record<string, unknown> | undefined {
  try {
    const request = JSON.parse(requests ?? '')[place]
    return typeof request === 'object' && request !== null ? request : undefined
  } catch {
    return undefined
  }
}
