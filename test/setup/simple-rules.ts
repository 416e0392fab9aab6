import type { Doses } from '#src/domain/campaign.ts'
import type { Choice } from '#src/domain/choice.ts'
import type { NumberedRequest } from '#src/domain/decision.ts'

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

  return {
    slots,
    reservations,
    /** By request id, what became of it. */
    outcomes,
    free,
    held,
    find,
    inLine,
    decide(request: NumberedRequest) {
      if (outcomes.has(request.id)) return
      outcomes.set(request.id, request.kind === 'book' ? decideBooking(request) : decideCommand(request))
      serveLine()
    },
  }
}
export type SimpleRules = ReturnType<typeof createSimpleRules>
