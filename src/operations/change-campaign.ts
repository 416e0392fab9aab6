import { isDeepStrictEqual } from 'node:util'
import type { CampaignFile } from '../domain/campaign.ts'
import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { type ChangingCampaign, lockCampaignToChange, updateCampaign } from '../postgres/campaigns.ts'
import { countCohortVouchers, deleteCohorts, readCohorts, upsertCohorts } from '../postgres/cohorts.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'
import { toCampaignFile } from './campaign-file.ts'
import { parseCampaignFile } from './parse-campaign-file.ts'

type Field = keyof CampaignFile
export type CampaignChanges = Partial<Record<Field, { from: unknown; to: unknown }>>

/** By these people were admitted, or will be decided: they stay once the campaign has opened, or somebody was accepted. */
const frozenOnceOpened: Field[] = ['eligibility', 'voucherPattern', 'mode', 'doses']

/**
 * Makes a campaign what the text of its JSON file says, as a whole. Running APIs know within a second. Throws a UserError with a line
 * for everything that cannot be changed any more.
 */
export async function changeCampaign({
  pool,
  text,
  by,
}: {
  pool: Pool
  text: string
  by: string
}): Promise<{ id: string; changes: CampaignChanges }> {
  const campaign = parseCampaignFile(text)
  return transaction(pool, async (tx) => {
    const known = await lockCampaignToChange(tx, campaign.id)
    if (!known) throw new UserError(`there is no campaign ${campaign.id}`, { type: 'not-found' })
    const before = toCampaignFile(known, await readCohorts(tx, campaign.id))
    const changes = findChanges(before, campaign)
    const refused = [...refuseFields(known, changes), ...(await refuseCohorts(tx, before, campaign))]
    if (refused.length > 0) throw new UserError(refused.join('\n'), { type: 'conflict' })
    if (Object.keys(changes).length === 0) return { id: campaign.id, changes }
    await updateCampaign(tx, campaign)
    if (changes.cohorts) await changeCohorts(tx, before, campaign)
    await insertAudit(tx, { operator: by, action: 'campaign.change', campaign: campaign.id, detail: changes })
    return { id: campaign.id, changes }
  })
}

function findChanges(before: CampaignFile, after: CampaignFile): CampaignChanges {
  const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])] as Field[]
  return Object.fromEntries(
    fields
      .filter((field) => !isDeepStrictEqual(comparable(before)[field], comparable(after)[field]))
      .map((field) => [field, { from: before[field] ?? null, to: after[field] ?? null }]),
  )
}

/** The same time in another zone is no change, nor is another order of cohorts. */
const comparable = (file: CampaignFile): Record<Field, unknown> => ({
  doses: undefined,
  ...file,
  opensAt: Date.parse(file.opensAt),
  closesAt: Date.parse(file.closesAt),
  cohorts: Object.fromEntries(file.cohorts.map(({ id, opensAt }) => [id, Date.parse(opensAt)])),
})

function refuseFields(known: ChangingCampaign, changes: CampaignChanges): string[] {
  const { id, now, opensAt, requests } = known
  const accepted = `${requests.toLocaleString('en')} ${requests === 1 ? 'request was' : 'requests were'} accepted`
  const why = requests > 0 ? accepted : now >= opensAt ? `${id} has opened` : null
  const frozen = why ? frozenOnceOpened.filter((field) => field in changes) : []
  const lines = frozen.map((field) => `${field}: cannot be changed any more, because ${why}`)
  if (changes.timeZone && requests > 0) lines.push(`timeZone: cannot be changed any more, because ${accepted}`)
  if (changes.closesAt && Date.parse(String(changes.closesAt.to)) <= now)
    lines.push(`closesAt: lies in the past; \`junban campaign close ${id}\` closes it now`)
  return lines
}

async function refuseCohorts(tx: Transaction, before: CampaignFile, after: CampaignFile): Promise<string[]> {
  const gone = goneCohorts(before, after)
  if (gone.length === 0) return []
  const vouchers = await countCohortVouchers(tx, after.id)
  return gone
    .filter((id) => vouchers.has(id))
    .map((id) => `cohorts: ${id} cannot go, because ${peopled(vouchers.get(id)!)} in it`)
}

async function changeCohorts(tx: Transaction, before: CampaignFile, after: CampaignFile): Promise<void> {
  const gone = goneCohorts(before, after)
  await upsertCohorts(tx, after.id, after.cohorts)
  if (gone.length > 0) await deleteCohorts(tx, after.id, gone)
}

const goneCohorts = (before: CampaignFile, after: CampaignFile) =>
  before.cohorts.map(({ id }) => id).filter((id) => !after.cohorts.some((cohort) => cohort.id === id))

const peopled = (count: number) => (count === 1 ? '1 voucher is' : `${count.toLocaleString('en')} vouchers are`)
