import { doses } from './campaign.ts'
import type { Stack } from './stack.ts'

/** A decision as it stands in the database. */
export type Decided = {
  id: string
  reservationId: string
  campaign: string
  lane: string
  number: number
  late: boolean
  kind: string
  outcome: string
  reason: string | null
}

/** A reservation as it stands in the database, with its seats in the order of doses. Days count from any one. */
export type Stored = {
  id: string
  campaign: string
  status: string
  seats: { dose: number; location: string; day: number }[]
}

/** What became of commands, of who had to wait, and of series: it shows that a trial had them. */
export type Mix = { commands: number; done: number; waited: number; promoted: number; series: number }

export async function readStored({ pool }: Stack, campaigns: string[]): Promise<Map<string, Stored>> {
  const { rows } = await pool.query<Stored>(
    `select id, campaign_id as campaign, status,
            coalesce((select json_agg(json_build_object('dose', dose, 'location', location_id, 'day',
                                                        (starts_at at time zone 'Asia/Tokyo')::date - date '2020-01-01') order by dose)
                        from appointments join slots on (slots.campaign_id, slots.id) = (appointments.campaign_id, slot_id)
                       where reservation_id = reservations.id), '[]') as seats
       from reservations where campaign_id = any($1)`,
    [campaigns],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

/** What a command may come to, by what its reservation is when its turn comes. Who waits may have been given a seat meanwhile. */
const possible: Record<string, { cancel: string[]; move: string[] }> = {
  unknown: { cancel: ['refused unknown-reservation'], move: ['refused unknown-reservation'] },
  rejected: { cancel: ['refused was-rejected'], move: ['refused was-rejected'] },
  cancelled: { cancel: ['refused already-cancelled'], move: ['refused already-cancelled'] },
  booked: { cancel: ['done'], move: ['done', 'refused sold-out'] },
  waitlisted: { cancel: ['done'], move: ['done', 'refused sold-out'] },
}

/**
 * Goes through the decisions on each reservation in their order: each must be one that its turn allows, and the reservation must be
 * what they make of it, and nothing else: cancelled by a command alone, booked from the waiting list, with a seat per dose or none.
 */
export function findWrongChanges(decided: Iterable<Decided>, stored: Map<string, Stored>): string[] {
  const byReservation = Map.groupBy(decided, ({ reservationId }) => reservationId)
  const wrong = [...byReservation].flatMap(([id, decisions]) => replay(id, decisions, stored.get(id)))
  const undecided = [...stored.keys()].filter((id) => !byReservation.has(id))
  return [
    ...wrong,
    ...undecided.map((id) => `changed: ${id} is there without a decision`),
    ...[...stored.values()].flatMap(findWrongSeats),
  ]
}

function replay(id: string, decisions: Decided[], is: Stored | undefined): string[] {
  let status = 'unknown'
  const wrong: string[] = []
  for (const { id: request, kind, outcome, reason } of decisions.toSorted((a, b) => a.number - b.number)) {
    const said = [outcome, reason].filter((part) => part !== null).join(' ')
    const isRight = kind === 'book' ? status === 'unknown' : possible[status]![kind as 'cancel' | 'move'].includes(said)
    if (!isRight) wrong.push(`changed: ${kind} ${request} of ${id}, which was ${status}, was decided ${said}`)
    if (kind === 'book') status = outcome
    else if (kind === 'cancel' && outcome === 'done') status = 'cancelled'
  }
  const becomes = { unknown: ['not there'], waitlisted: ['waitlisted', 'booked'] }[status] ?? [status]
  const found = is?.status ?? 'not there'
  if (!becomes.includes(found)) wrong.push(`changed: ${id} should be ${becomes.join(' or ')}, and is ${found}`)
  return wrong
}

function findWrongSeats({ id, campaign, status, seats }: Stored): string[] {
  const isSeries = campaign.endsWith('-series')
  const wanted = status === 'booked' ? (isSeries ? doses.count : 1) : 0
  const isRight =
    seats.length === wanted &&
    seats.every(({ dose, location, day }, at) => {
      const before = seats[at - 1]
      const gap = before ? day - before.day : doses.gapDays.min
      return dose === at + 1 && location === seats[0]!.location && gap >= doses.gapDays.min && gap <= doses.gapDays.max
    })
  return isRight ? [] : [`seats: ${id} is ${status} in ${campaign} with ${JSON.stringify(seats)}`]
}

export function countMix(decided: Iterable<Decided>, stored: Map<string, Stored>): Mix {
  const all = [...decided]
  const commands = all.filter(({ kind }) => kind !== 'book')
  const waited = all.filter(({ kind, outcome }) => kind === 'book' && outcome === 'waitlisted')
  const booked = [...stored.values()].filter(({ status }) => status === 'booked')
  return {
    commands: commands.length,
    done: commands.filter(({ outcome }) => outcome === 'done').length,
    waited: waited.length,
    promoted: waited.filter(({ id }) => stored.get(id)?.status === 'booked').length,
    series: booked.filter(({ seats }) => seats.length === doses.count).length,
  }
}
