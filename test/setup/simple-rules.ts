import type { Doses } from '#src/domain/campaign.ts'
import type { Choice } from '#src/domain/choice.ts'
import type { NumberedRequest, NumberedSlotsRequest } from '#src/domain/decision.ts'

export type SimpleSlot = {
  id: string
  locationId: string
  startsAt: number
  capacity: number
  blocked: boolean
}
export type SimpleWorld = { timeZone: string; closesAt: number; doses: Doses | null; slots: SimpleSlot[] }
export type SimpleReservation = {
  id: string
  voucherKey: string
  status: 'booked' | 'waitlisted' | 'rejected' | 'cancelled'
  slots: string[]
  place: number | null
  choices: Choice[]
}

/**
 * The rules, written to be read and not to be fast: one request after another, every slot looked at for every choice, and after each the
 * line walked from its beginning until nobody in it can have a seat.
 */
export function createSimpleRules(world: SimpleWorld) {
  const slots = new Map(world.slots.map((slot) => [slot.id, { ...slot }]))
  const reservations = new Map<string, SimpleReservation>()
  const outcomes = new Map<string, string>()
  let lastPlace = 0

  const all = () => [...reservations.values()]
  const held = (id: string) => all().reduce((sum, one) => sum + one.slots.filter((slot) => slot === id).length, 0)
  const free = ({ id, capacity, blocked }: SimpleSlot) => (blocked ? 0 : capacity - held(id))
  const dayOf = ({ startsAt }: SimpleSlot) =>
    Temporal.Instant.fromEpochMilliseconds(startsAt).toZonedDateTimeISO(world.timeZone).toPlainDate()
  const byStart = (a: SimpleSlot, b: SimpleSlot) => a.startsAt - b.startsAt || (a.id < b.id ? -1 : 1)

  function candidates(choice: Choice): SimpleSlot[] {
    if ('slotId' in choice)
      return [slots.get(choice.slotId)].filter((slot) => slot !== undefined && free(slot) > 0) as SimpleSlot[]
    const place = ({ locationId }: SimpleSlot) => choice.locationIds.indexOf(locationId)
    return [...slots.values()]
      .filter(
        (slot) =>
          place(slot) >= 0 && choice.from <= `${dayOf(slot)}` && `${dayOf(slot)}` <= choice.to && free(slot) > 0,
      )
      .sort((a, b) => a.startsAt - b.startsAt || place(a) - place(b) || (a.id < b.id ? -1 : 1))
  }

  /** All series that begin so, the preferred first. */
  function* seriesFrom(doses: SimpleSlot[]): Generator<SimpleSlot[]> {
    const { count, gapDays, sameLocation } = world.doses ?? {
      count: 1,
      gapDays: { min: 0, max: 0 },
      sameLocation: true,
    }
    if (doses.length === count) return yield doses
    const last = doses.at(-1)!
    const gap = (slot: SimpleSlot) => dayOf(last).until(dayOf(slot), { largestUnit: 'days' }).days
    const next = [...slots.values()]
      .filter((slot) => slot.startsAt > last.startsAt && gapDays.min <= gap(slot) && gap(slot) <= gapDays.max)
      .filter((slot) => free(slot) > 0 && (!sameLocation || slot.locationId === last.locationId))
      .sort(
        (a, b) =>
          a.startsAt - b.startsAt ||
          Number(b.locationId === last.locationId) - Number(a.locationId === last.locationId) ||
          a.locationId.localeCompare(b.locationId) ||
          byStart(a, b),
      )
    for (const slot of next) yield* seriesFrom([...doses, slot])
  }

  function find(choices: Choice[]): string[] | null {
    for (const choice of choices)
      for (const first of candidates(choice)) {
        const [series] = seriesFrom([first])
        if (series) return series.map(({ id }) => id)
      }
    return null
  }

  function serveLine() {
    for (const waiter of inLine()) {
      const found = find(waiter.choices)
      if (!found) continue
      Object.assign(waiter, { status: 'booked', slots: found })
      return serveLine()
    }
  }
  const inLine = () =>
    all()
      .filter(({ status }) => status === 'waitlisted')
      .sort((a, b) => a.place! - b.place!)

  function decideBooking(request: Extract<NumberedRequest, { kind: 'book' }>): string {
    const { id, voucherKey, choices } = request
    const live = all().some((one) => one.voucherKey === voucherKey && ['booked', 'waitlisted'].includes(one.status))
    const found = find(choices)
    const outcome =
      request.receivedAt >= world.closesAt
        ? 'closed'
        : live
          ? 'voucher-used'
          : found
            ? 'booked'
            : request.waitlist
              ? 'waitlisted'
              : 'sold-out'
    const status = outcome === 'booked' || outcome === 'waitlisted' ? outcome : 'rejected'
    if (status === 'waitlisted') lastPlace += 1
    const place = status === 'waitlisted' ? lastPlace : null
    reservations.set(id, { id, voucherKey, status, slots: status === 'booked' ? found! : [], place, choices })
    return outcome
  }

  function decideCommand(request: Extract<NumberedRequest, { kind: 'cancel' | 'move' }>): string {
    const reservation = reservations.get(request.reservationId)
    if (!reservation) return 'unknown-reservation'
    if (reservation.status === 'rejected') return 'was-rejected'
    if (reservation.status === 'cancelled') return 'already-cancelled'
    if (reservation.slots.some((id) => slots.get(id)!.startsAt <= request.receivedAt)) return 'appointment-past'
    const old = reservation.slots
    if (request.kind === 'cancel') {
      Object.assign(reservation, { status: 'cancelled', slots: [] })
      return 'done'
    }
    if (request.receivedAt >= world.closesAt) return 'closed'
    reservation.slots = []
    const found = find(request.choices)
    if (found) Object.assign(reservation, { status: 'booked', slots: found })
    else if (reservation.status === 'waitlisted') reservation.choices = request.choices
    else {
      reservation.slots = old
      return 'sold-out'
    }
    return 'done'
  }

  function decideSlots({ change, receivedAt }: NumberedSlotsRequest): string {
    const before = new Map([...slots].map(([id, slot]) => [id, { ...slot }]))
    const seatsBefore = new Map(all().map(({ id, slots: held, status }) => [id, { held, status }]))
    const refuse = (reason: string) => {
      slots.clear()
      for (const [id, slot] of before) slots.set(id, slot)
      for (const [id, { held, status }] of seatsBefore) Object.assign(reservations.get(id)!, { slots: held, status })
      return reason
    }
    if (change.do === 'offer') return 'done'
    if (change.do === 'add') {
      if (change.slots.some(({ id }) => slots.has(id))) return 'slot-exists'
      for (const { id, locationId, startsAt, capacity } of change.slots)
        slots.set(id, { id, locationId, startsAt: Date.parse(startsAt), capacity, blocked: false })
      return 'done'
    }
    const ids =
      change.do === 'capacity'
        ? [change.slotId]
        : 'slotIds' in change.which
          ? change.which.slotIds
          : [...slots.values()]
              .filter(({ locationId }) => 'locationId' in change.which && locationId === change.which.locationId)
              .map(({ id }) => id)
    if (ids.some((id) => !slots.has(id))) return 'unknown-slot'
    const about = ids.map((id) => slots.get(id)!)
    if (change.do === 'capacity') about[0]!.capacity = change.capacity
    else for (const slot of about) slot.blocked = change.do !== 'unblock'
    if (change.do === 'unblock') return 'done'

    const hit = all()
      .filter((one) => about.some(({ id, startsAt }) => startsAt > receivedAt && one.slots.includes(id)))
      .sort((a, b) => (a.id < b.id ? 1 : -1))
    const leaving = change.do === 'capacity' ? hit.slice(0, Math.max(0, held(change.slotId) - change.capacity)) : hit
    if (change.do === 'capacity' && leaving.length < held(change.slotId) - change.capacity) return refuse('slot-past')
    if (change.affected === 'keep') return leaving.length > 0 && change.do !== 'block' ? refuse('would-hit') : 'done'
    const firsts = new Map(leaving.map((one) => [one.id, one.slots.map((id) => slots.get(id)!)]))
    for (const one of leaving) Object.assign(one, { slots: [], status: 'cancelled' })
    if (change.affected === 'cancel') return 'done'
    for (const one of leaving.toReversed()) {
      const old = firsts.get(one.id)!
      const today = Temporal.Instant.fromEpochMilliseconds(receivedAt).toZonedDateTimeISO(world.timeZone).toPlainDate()
      const day = dayOf(old[0]!)
      const from = Temporal.PlainDate.compare(day, today) > 0 ? day : today.add({ days: 1 })
      const days = { from: `${from}`, to: `${from.add({ days: 14 })}` }
      const own = old[0]!.locationId
      const others = [...new Set([...slots.values()].map(({ locationId }) => locationId))]
        .filter((id) => id !== own)
        .sort()
      const found =
        old.every(({ startsAt }) => startsAt > receivedAt) &&
        find([
          { locationIds: [own], ...days },
          { locationIds: others, ...days },
        ])
      if (!found) return refuse('cannot-move')
      Object.assign(one, { slots: found, status: 'booked' })
    }
    return 'done'
  }

  return {
    slots,
    reservations,
    /** By request id, what became of it. */
    outcomes,
    free,
    held,
    find,
    inLine,
    decide(request: NumberedRequest | NumberedSlotsRequest) {
      if (outcomes.has(request.id)) return
      const { kind } = request
      outcomes.set(
        request.id,
        kind === 'book' ? decideBooking(request) : kind === 'slots' ? decideSlots(request) : decideCommand(request),
      )
      serveLine()
    },
  }
}
export type SimpleRules = ReturnType<typeof createSimpleRules>
