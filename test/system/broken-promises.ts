import type { Told } from './book.ts'
import type { Stack } from './stack.ts'

type Decided = {
  id: string
  number: number
  status: string
  reason: string | null
  slot: string | null
  decidedAt: number
  late: boolean
}

/**
 * What the database says against what clients were told, of a campaign with the lane `web` alone, after all was decided: what was
 * lost, doubled, oversold or out of order, one line each. Requests of the ledger name one slot each, if `scarce`.
 */
export async function brokenPromises(
  { read }: Pick<Stack, 'read'>,
  campaign: string,
  ledger: Told[],
): Promise<string[]> {
  const decided = await readDecided(read, campaign)
  return [
    ...(await findMiscounted(read, campaign)),
    ...findLost(decided, ledger),
    ...findOutOfOrder(decided),
    ...findPassed(decided, ledger),
    ...findRobbed(decided, ledger),
  ]
}

async function readDecided(read: Stack['read'], campaign: string): Promise<Map<string, Decided>> {
  const rows: Decided[] = await read(
    `select request_id as id, number, outcome as status, decisions.reason, slot_id as slot,
            extract(epoch from decisions.decided_at)::float8 * 1000 as "decidedAt", late
       from decisions
       join batches on batches.campaign_id = decisions.campaign_id and batches.lane = decisions.lane
                   and number between first_number and last_number
       left join appointments using (reservation_id)
      where decisions.campaign_id = $1 and decisions.lane = 'web'
      order by number`,
    [campaign],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** Counts that must agree: seats, numbers, and one live reservation per voucher. */
async function findMiscounted(read: Stack['read'], campaign: string): Promise<string[]> {
  const rows = await read(
    `select 'slot ' || id || ': booked ' || booked || ' of ' || capacity || ', appointments ' || coalesce(seats, 0) as broken
       from slots
       left join (select slot_id, count(*) as seats from appointments where campaign_id = $1 group by slot_id) held on slot_id = slots.id
      where campaign_id = $1 and (booked <> coalesce(seats, 0) or booked > capacity)
     union all
     select 'batch ' || id || ' does not follow the one before' from (
       select id, first_number, coalesce(lag(last_number) over (order by last_number), 0) as before
         from batches where campaign_id = $1 and lane = 'web') one
      where first_number <> before + 1
     union all
     select 'accepted to ' || accepted_number || ', logged to ' || logged || ', served to ' || serving_number
       from lanes join lane_progress using (campaign_id, lane),
            lateral (select coalesce(max(last_number), 0) as logged from batches
                      where batches.campaign_id = $1 and batches.lane = 'web') log
      where campaign_id = $1 and lane = 'web' and not (accepted_number = logged and logged = serving_number)
     union all
     select 'a voucher has ' || count(*) || ' live reservations' from reservations
      where campaign_id = $1 and status in ('booked', 'waitlisted') group by voucher_key having count(*) > 1
     union all
     select 'reservation ' || reservations.id || ' is ' || status || ' with ' || count(slot_id) || ' appointments'
       from reservations left join appointments on reservation_id = reservations.id
      where reservations.campaign_id = $1
      group by reservations.id having count(slot_id) <> case status when 'booked' then 1 else 0 end`,
    [campaign],
  )
  return rows.map(({ broken }) => broken)
}

/** A 202 without a decision, or with another number than it named. */
function findLost(decided: Map<string, Decided>, ledger: Told[]): string[] {
  return ledger.flatMap(({ id, queueNumber }) => {
    const decision = decided.get(id)
    if (!decision) return [`${id} was accepted and is not decided`]
    // Sent again, it was told a later number; the earliest stands.
    if (queueNumber !== null && decision.number > queueNumber)
      return [`${id} was told number ${queueNumber} and has ${decision.number}`]
    return []
  })
}

/** Decisions that were not made by number. */
function findOutOfOrder(decided: Map<string, Decided>): string[] {
  const byNumber = [...decided.values()]
  return byNumber
    .slice(1)
    .filter((decision, n) => decision.decidedAt < byNumber[n]!.decidedAt)
    .map(({ number }) => `number ${number} was decided before one that is ahead of it`)
}

/** Requests sent after another's 202 had arrived, and decided before it. */
function findPassed(decided: Map<string, Decided>, ledger: Told[]): string[] {
  const known = ledger.flatMap((told) => {
    const decision = decided.get(told.id)
    return decision && !decision.late ? [{ ...told, number: decision.number }] : []
  })
  const byArrival = known.toSorted((a, b) => a.acceptedAt - b.acceptedAt)
  let arrived = 0
  let highest = { number: 0, id: '' }
  const passed: string[] = []
  for (const { id, sentAt, number } of known.toSorted((a, b) => a.sentAt - b.sentAt)) {
    for (; arrived < byArrival.length && byArrival[arrived]!.acceptedAt < sentAt; arrived += 1)
      if (byArrival[arrived]!.number > highest.number) highest = byArrival[arrived]!
    if (number < highest.number) passed.push(`${id} (${number}) passed ${highest.id} (${highest.number})`)
  }
  return passed
}

/** Requests for one slot alone that found it sold out, though somebody behind them got a seat in it. */
function findRobbed(decided: Map<string, Decided>, ledger: Told[]): string[] {
  const lastBooked = new Map<string, number>()
  for (const { slot, number } of decided.values())
    if (slot !== null) lastBooked.set(slot, Math.max(number, lastBooked.get(slot) ?? 0))
  return ledger.flatMap(({ id, body: { choices } }) => {
    const [choice] = choices
    const decision = decided.get(id)
    if (decision?.reason !== 'sold-out' || choices.length > 1 || !choice || !('slotId' in choice)) return []
    const last = lastBooked.get(choice.slotId) ?? 0
    return last > decision.number ? [`${id} (${decision.number}) got no seat, ${last} got one`] : []
  })
}
