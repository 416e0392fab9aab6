import { text } from '../domain/text.ts'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { pauseIntake, pauseWriter, readPauses, resumeIntake, resumeWriter } from '../postgres/writers.ts'

/** `intake`: requests are refused. `allocation`: they are accepted as ever, and wait to be decided. */
export type Pausable = 'intake' | 'allocation'

/** Why something is paused, for those who find it so. */
export const PauseReason = text(200).meta({ examples: ['The slots of Saturday are imported anew.'] })

const statements = {
  intake: { pause: pauseIntake, resume: resumeIntake },
  allocation: { pause: pauseWriter, resume: resumeWriter },
}

type Steering = { pool: Pool; campaign: string; what: Pausable; by: string }

/** Pauses one thing of a campaign. Throws a UserError when there is no such campaign, or it is paused already. */
export async function pauseCampaign({
  pool,
  campaign,
  what,
  reason,
  by,
}: Steering & { reason: string }): Promise<void> {
  const checked = PauseReason.safeParse(reason)
  if (!checked.success) throw new UserError(`the reason ${checked.error.issues[0]!.message}`)
  await transaction(pool, async (tx) => {
    if (!(await statements[what].pause(tx, campaign, checked.data))) {
      const known = await readPauses(tx, campaign)
      throw known
        ? new UserError(`${what} of ${campaign} is paused already: ${known[what]?.reason}`, { type: 'conflict' })
        : noCampaign(campaign)
    }
    await insertAudit(tx, { operator: by, action: `${what}.pause`, campaign, detail: { reason: checked.data } })
  })
}

/** Goes on. Throws a UserError when there is no such campaign, or that is not paused. */
export async function resumeCampaign({ pool, campaign, what, reason, by }: Steering & { reason?: string | undefined }) {
  await transaction(pool, async (tx) => {
    if (!(await statements[what].resume(tx, campaign))) {
      throw (await readPauses(tx, campaign))
        ? new UserError(`${what} of ${campaign} is not paused`, { type: 'conflict' })
        : noCampaign(campaign)
    }
    await insertAudit(tx, { operator: by, action: `${what}.resume`, campaign, ...(reason && { detail: { reason } }) })
  })
}

const noCampaign = (campaign: string) => new UserError(`there is no campaign ${campaign}`, { type: 'not-found' })
