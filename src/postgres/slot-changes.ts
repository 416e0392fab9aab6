import type { AffectedReservation, SlotChange, SlotChangeReason } from '../domain/slot-change.ts'
import type { Queryable, Transaction } from './pool.ts'

/** A slot as it is. `startsAt` in epoch ms. */
export type StoredSlot = {
  id: string
  locationId: string
  startsAt: number
  capacity: number
  booked: number
  blocked: boolean
}

/** The database's clock, in epoch ms. */
export async function readClock(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ now: number }>({
    name: 'slot_changes.read_clock',
    text: 'select clock_timestamp() as now',
  })
  return rows[0]!.now
}

/** Whether anybody ever waited in a campaign. */
export async function hasLine(tx: Transaction, campaign: string): Promise<boolean> {
  const { rows } = await tx.query<{ found: boolean }>({
    name: 'slot_changes.has_line',
    text: 'select waitlist_revision > 0 as found from writers where campaign_id = $1',
    values: [campaign],
  })
  return rows[0]?.found ?? false
}

/** All slots of a campaign. */
export async function readStoredSlots(tx: Transaction, campaign: string): Promise<StoredSlot[]> {
  const { rows } = await tx.query<StoredSlot>({
    name: 'slot_changes.read_slots',
    text: `
      select id, location_id as "locationId", extract(epoch from starts_at)::float8 * 1000 as "startsAt", capacity, booked, blocked
        from slots
       where campaign_id = $1`,
    values: [campaign],
  })
  return rows
}

/** The ids of a campaign's locations. */
export async function readLocationIds(tx: Transaction, campaign: string): Promise<Set<string>> {
  const { rows } = await tx.query<{ id: string }>({
    name: 'slot_changes.read_location_ids',
    text: 'select id from locations where campaign_id = $1',
    values: [campaign],
  })
  return new Set(rows.map(({ id }) => id))
}

/** Who holds seats in these slots, who was booked last first. */
export async function readHits(
  tx: Transaction,
  campaign: string,
  slotIds: string[],
): Promise<{ reservationId: string; slotId: string }[]> {
  const { rows } = await tx.query<{ reservationId: string; slotId: string }>({
    name: 'slot_changes.read_hits',
    text: `
      select id as "reservationId", slot_id as "slotId"
        from reservations cross join unnest(slot_ids) as slot_id
       where campaign_id = $1 and slot_ids && $2::text[] and slot_id = any($2)
       order by coalesce(changed_at, decided_at) desc, queue_number desc, id`,
    values: [campaign, slotIds],
  })
  return rows
}

/** Makes the slots what a change says: new ones, or another capacity, or whether they are blocked. */
export async function writeSlots(
  tx: Transaction,
  campaign: string,
  change: SlotChange,
  about: StoredSlot[],
): Promise<void> {
  if (change.do === 'offer') return
  if (change.do === 'add') return insertSlots(tx, campaign, change.slots)
  await tx.query({
    name: 'slot_changes.update_slots',
    text: `
      update slots
         set capacity = changed.capacity, blocked = changed.blocked
        from unnest($2::text[], $3::int[], $4::boolean[]) as changed (id, capacity, blocked)
       where slots.campaign_id = $1 and slots.id = changed.id
         and (slots.capacity, slots.blocked) <> (changed.capacity, changed.blocked)`,
    values: [
      campaign,
      about.map(({ id }) => id),
      about.map(({ capacity }) => capacity),
      about.map(({ blocked }) => blocked),
    ],
  })
}

/** On a schedule of their own per location, which stands for "all that was added there". */
async function insertSlots(
  tx: Transaction,
  campaign: string,
  slots: Extract<SlotChange, { do: 'add' }>['slots'],
): Promise<void> {
  const columns = [slots.map(({ id }) => id), slots.map(({ locationId }) => locationId)]
  await tx.query({
    name: 'slot_changes.insert_schedules',
    text: `
      insert into schedules (campaign_id, id, location_id)
      select distinct $1, 'added:' || location_id, location_id from unnest($2::text[]) location_id
          on conflict (campaign_id, id) do nothing`,
    values: [campaign, columns[1]],
  })
  await tx.query({
    name: 'slot_changes.insert_slots',
    text: `
      insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
      select $1, id, 'added:' || location_id, location_id, starts_at, ends_at, capacity
        from unnest($2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::int[])
          as slot (id, location_id, starts_at, ends_at, capacity)`,
    values: [
      campaign,
      ...columns,
      slots.map(({ startsAt }) => startsAt),
      slots.map(({ endsAt }) => endsAt),
      slots.map(({ capacity }) => capacity),
    ],
  })
}

/** Keeps whom a change of slots hit, beside its decision. */
export async function insertSlotChange(
  tx: Transaction,
  {
    requestId,
    campaign,
    change,
    affected,
  }: { requestId: string; campaign: string; change: SlotChange; affected: AffectedReservation[] },
): Promise<void> {
  await tx.query({
    name: 'slot_changes.insert',
    text: 'insert into slot_changes (request_id, campaign_id, change, affected) values ($1, $2, $3, $4)',
    values: [requestId, campaign, JSON.stringify(change), JSON.stringify(affected)],
  })
}

export type DecidedSlotChange = {
  id: string
  campaign: string
  outcome: 'done' | 'refused'
  reason: SlotChangeReason | null
  affected: AffectedReservation[]
}

/** What became of a change of slots; null while it waits, or when there is none. */
export async function readSlotChange(db: Queryable, requestId: string): Promise<DecidedSlotChange | null> {
  const { rows } = await db.query<DecidedSlotChange>({
    name: 'slot_changes.read',
    text: `
      select request_id as id, decisions.campaign_id as campaign, outcome, reason, coalesce(affected, '[]') as affected
        from decisions
        left join slot_changes using (request_id)
       where request_id = $1 and kind = 'slots'`,
    values: [requestId],
  })
  return rows[0] ?? null
}
