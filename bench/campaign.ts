import { CampaignFile } from '#src/domain/campaign.ts'
import { makeSlotId } from '#src/operations/make-slot-id.ts'
import type { Location } from '#src/postgres/locations.ts'
import type { StagedSlot } from '#src/postgres/staged-slots.ts'

// The campaign that every contender serves. Its days are fixed, so that every process knows its slots without asking.

const locationCount = 100
const days = 10
const slotsPerDay = 10
const slotMinutes = 30
/** A hundred million seats: every request is booked, and nobody measures how fast a full campaign refuses. */
const capacity = 10_000
const firstOpening = Temporal.ZonedDateTime.from('2090-01-02T09:00[Asia/Tokyo]')

export const campaignFile = CampaignFile.parse({
  id: 'bench',
  name: { en: 'Bench' },
  timeZone: 'Asia/Tokyo',
  opensAt: '2021-01-01T00:00:00+09:00',
  closesAt: '2099-12-31T00:00:00+09:00',
  eligibility: 'anyone',
})

export const locations: Location[] = Array.from({ length: locationCount }, (_, at) => ({
  id: `hall-${String(at + 1).padStart(3, '0')}`,
  name: `第${at + 1}会場`,
  address: `東京都千代田区丸の内${at + 1}-1`,
}))

/** 10,000 slots: a hundred halls, ten days, ten slots a day. */
export const slots: StagedSlot[] = locations.flatMap(({ id: scheduleId }) =>
  Array.from({ length: days * slotsPerDay }, (_, at) => {
    const opening = firstOpening.add({ days: Math.floor(at / slotsPerDay) })
    const startsAt = opening.add({ minutes: (at % slotsPerDay) * slotMinutes }).epochMilliseconds
    const endsAt = startsAt + slotMinutes * 60_000
    const id = makeSlotId(scheduleId, startsAt)
    return { file: 0, line: 0, id, scheduleId, startsAt, endsAt, capacity, blocked: false }
  }),
)

export const slotIds = slots.map(({ id }) => id)
