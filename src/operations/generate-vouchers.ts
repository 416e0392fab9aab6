import { UserError } from '../errors.ts'
import { readCampaign } from '../postgres/campaigns.ts'
import { readCohorts } from '../postgres/cohorts.ts'
import type { Pool } from '../postgres/pool.ts'
import { type GeneratedPerson, generatePeople } from './generate-people.ts'

/** Most people of one file: a third of Japan. */
export const maxGenerated = 40_000_000

/**
 * Repeatable test people who fit a campaign: those of `generatePeople`, in its cohorts in turn ('' where there are none). Throws a
 * UserError when the campaign's vouchers are of another form.
 */
export async function generateVouchers({
  pool,
  campaign,
  count,
  seed,
}: {
  pool: Pool
  campaign: string
  count: number
  seed: number
}): Promise<Iterable<GeneratedPerson & { cohort: string }>> {
  const known = await readCampaign(pool, campaign)
  if (!known) throw new UserError(`there is no campaign ${campaign}`)
  const pattern = new RegExp(known.voucherPattern, 'u')
  const cohorts = (await readCohorts(pool, campaign)).map(({ id }) => id)

  function* people() {
    let index = 0
    for (const person of generatePeople(count, seed)) {
      if (!pattern.test(person.voucher))
        throw new UserError(`test vouchers have ten digits, and those of ${campaign} must fit ${known!.voucherPattern}`)
      yield { ...person, cohort: cohorts[index++ % cohorts.length] ?? '' }
    }
  }
  return people()
}
