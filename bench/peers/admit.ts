import { createSecretKey, randomBytes } from 'node:crypto'
import { loadKeys } from '#src/config.ts'
import type { BookRequest } from '#src/domain/batch.ts'
import type { ReservationRequest } from '#src/domain/reservation.ts'
import { Problem } from '#src/errors.ts'
import { checkChoices, checkOpen, checkVoucherForm } from '#src/intake/admit.ts'
import { seal } from '#src/privacy/boxes.ts'
import { createFingerprints } from '#src/privacy/fingerprints.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import type { Campaign } from '#src/status/catalogue.ts'
import { campaignFile, locations, slots } from '../campaign.ts'

export type Admitted = { request: BookRequest; receipt: string }

/** The checks, hashes, box and receipt that ours makes, with the same code: a peer differs in how it books. */
export function createAdmit() {
  const keys = loadKeys()
  const fingerprints = createFingerprints(keys.voucher)
  const receipts = createReceipts(keys.receipt)
  const dataKey = { id: 1, secret: createSecretKey(randomBytes(32)) }
  const campaign = campaignInMemory()
  const expiresAt = Math.floor(campaign.closesAt / 1_000)

  return function admit(campaignId: string, body: ReservationRequest, idempotencyKey: string | undefined): Admitted {
    if (campaignId !== campaign.id) throw new Problem('not-found', 'There is no such campaign.')
    checkVoucherForm(campaign, body.voucher)
    const fingerprint = fingerprints.person(campaignId, body.voucher, body.birthDate)
    checkOpen(campaign, 0, Date.now())
    checkChoices(campaign, body.choices)
    const id = fingerprints.reservationId(campaignId, idempotencyKey, body)
    const receipt = receipts.sign({
      reservationId: id,
      campaign: campaignId,
      lane: 'web',
      batchId: id,
      place: 0,
      expiresAt,
    })
    const request: BookRequest = {
      id,
      kind: 'book',
      voucherKey: fingerprints.voucher(campaignId, body.voucher),
      fingerprint,
      choices: body.choices,
      waitlist: body.waitlist,
      notify: body.person?.email !== undefined || body.person?.phone !== undefined,
      box: seal({ voucher: body.voucher, birthDate: body.birthDate, person: body.person }, dataKey, id),
    }
    return { request, receipt }
  }
}

/** What intake knows of the campaign without asking a store. */
function campaignInMemory(): Campaign {
  const { opensAt, closesAt, voucherPattern, doses = null, ...campaign } = campaignFile
  return {
    ...campaign,
    doses,
    name: { en: 'Bench' },
    opensAt: Date.parse(opensAt),
    closesAt: Date.parse(closesAt),
    voucherPattern: new RegExp(voucherPattern, 'u'),
    cohorts: [],
    catalogueVersion: 1,
    locations: new Map(locations.map((location) => [location.id, location])),
    slots: new Map(
      slots.map(({ id, scheduleId: locationId, capacity, startsAt, endsAt }) => [
        id,
        { id, locationId, capacity, startsAt: String(startsAt), endsAt: String(endsAt), day: '' },
      ]),
    ),
    dataKeys: [],
  }
}
