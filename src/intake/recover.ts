import type { KnownPair } from '../domain/reservation.ts'
import { Problem } from '../errors.ts'
import { seal } from '../privacy/boxes.ts'
import type { Fingerprints } from '../privacy/fingerprints.ts'
import type { Catalogue } from '../status/catalogue.ts'

/** Asks of one process that may wait for Postgres at a time: the rest of it is for those who book. */
const maxUnderWay = 20

/** What is noted of an ask. `fingerprint` and `voucherKey` as hex. */
export type Recovery = { campaign: string; fingerprint: string; voucherKey: string; box: string }

/**
 * Notes that somebody asks for a lost receipt, and looks nothing up: the same work for everybody, so that neither the answer nor the
 * time that it takes says who has a reservation. The notifier looks, and tells the contact that the reservation holds.
 */
export function createRecover({
  catalogue,
  fingerprints,
  note,
}: {
  catalogue: Catalogue
  fingerprints: Fingerprints
  /** Writes it down. Throws while Postgres is away. */
  note: (recovery: Recovery) => Promise<void>
}) {
  let underWay = 0

  return async function recover(campaignId: string, { voucher, birthDate }: KnownPair): Promise<void> {
    const campaign = catalogue.get(campaignId)
    if (!campaign) throw new Problem('not-found', 'There is no such campaign.')
    if (underWay >= maxUnderWay)
      throw new Problem('unavailable', 'Too many ask for their receipts right now. This was not noted.', {
        retryAfterSeconds: 5,
      })
    const [dataKey] = campaign.dataKeys
    if (!dataKey) return // its people were erased: there is nothing to be found, for anybody
    const fingerprint = fingerprints.person(campaignId, voucher, birthDate)
    const voucherKey = fingerprints.voucher(campaignId, voucher)
    const box = seal({ voucher, birthDate }, dataKey, fingerprint, 'recoveries.box')
    underWay += 1
    try {
      await note({ campaign: campaignId, fingerprint, voucherKey, box })
    } finally {
      underWay -= 1
    }
  }
}
export type Recover = ReturnType<typeof createRecover>
