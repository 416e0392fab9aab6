import type { OutgoingHttpHeaders } from 'node:http'
import type { Choice } from '#src/domain/choice.ts'
import { campaignId, type Home, halls, homes, people, personOf, slotId, slotsEach } from './campaign.ts'
import { createRandom, type Random, seedOf } from './random.ts'

/** A request as it goes over the wire, and what answer ends it. */
export type Wanted = {
  method: string
  path: string
  headers: OutgoingHttpHeaders
  body: string | undefined
  /** 202, or the status of a refusal that is right. */
  expects: number
}

/** What a request that was sent before was told, as soon as it is; null when it never will be. */
export type Earlier = (n: number) => Promise<{ reservationId: string; receipt: string | null } | null>

/** Null: what it is about was never accepted. */
type Made = Wanted | Promise<Wanted | null>

/** So far back lies the request that a voucher's second one refers to. */
const secondAfter = 40
/** So far back lies the booking that a command is about: another for each kind, so that nobody has more than three commands open. */
const [cancelAfter, moveAfter, lateCancelAfter] = [40, 60, 250]
/** Of a hundred bookings that may wait, so many do. */
const waiting = 0.7

/** Everything that clients ask for, the n-th the same for the same seed. Whatever new can be asked for is added to `kinds`. */
export function createRequests({ seed, trial, agentKey }: { seed: number; trial: string; agentKey: string }) {
  /** In which campaign the n-th client books. */
  const homeOf = (n: number): Home => createRandom(seedOf(seed, n) ^ 4).pick(homes)

  function book(n: number, choices: Choice[], headers: OutgoingHttpHeaders = {}, expects = 202): Wanted {
    const home = homeOf(n)
    const waitlist = home !== 'plain' && createRandom(seedOf(seed, n) ^ 8).next() < waiting
    return {
      method: 'POST',
      path: `/v1/campaigns/${campaignId(trial, home)}/reservations`,
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...personOf(n), choices, ...(waitlist && { waitlist }) }),
      expects,
    }
  }

  /** A cancellation of what request `about` booked, or a move to these choices. */
  async function command(
    about: number,
    key: string,
    choices: Choice[] | null,
    earlier: Earlier,
  ): Promise<Wanted | null> {
    const told = await earlier(about)
    if (!told) return null
    return {
      method: choices ? 'PUT' : 'DELETE',
      path: `/v1/reservations/${told.reservationId}${choices ? '/choices' : ''}`,
      headers: {
        authorization: `Bearer ${told.receipt}`,
        'idempotency-key': key,
        ...(choices && { 'content-type': 'application/json' }),
      },
      body: choices ? JSON.stringify({ choices }) : undefined,
      expects: 202,
    }
  }

  const slots = (n: number, random: Random) => chooseSlots(homeOf(n), random)

  /** A command on what was booked so long ago; where nothing was, or nothing is ever changed, one more booking. */
  const commandAfter =
    (after: number, kind: 'cancel' | 'move') =>
    (n: number, random: Random, earlier: Earlier): Made => {
      const about = n - after
      if (about < 0 || homeOf(about) === 'plain' || !isNewBooking(about)) return book(n, slots(n, random))
      return command(about, `change-${n}`, kind === 'move' ? slots(about, random) : null, earlier)
    }

  type Make = (n: number, random: Random, earlier: Earlier) => Made
  /** Bookings of who has none yet. */
  const newBookings: [share: number, make: Make][] = [
    [34, (n, random) => book(n, slots(n, random))],
    [8, (n, random) => book(n, chooseAny(random))],
    [8, (n, random) => book(n, slots(n, random), { 'idempotency-key': `try-${n}` })],
    // A call centre, in a lane of its own.
    [8, (n, random) => book(n, slots(n, random), { authorization: `Bearer ${agentKey}` })],
  ]
  /** What the n-th client asks for, by what share of a hundred. */
  const kinds: [share: number, make: Make][] = [
    ...newBookings,
    [12, commandAfter(cancelAfter, 'cancel')],
    [14, commandAfter(moveAfter, 'move')],
    // By then it is decided, if nothing is broken, and perhaps moved or cancelled already.
    [8, commandAfter(lateCancelAfter, 'cancel')],
    // The same voucher again for something else: the earlier number gets it, unless that was cancelled.
    [3, (n, random) => book(n - secondAfter, slots(n - secondAfter, random), { 'idempotency-key': `second-${n}` })],
    // The very same again, as by somebody who pressed twice.
    [3, (n, _, earlier) => requestOf(n - secondAfter, earlier)],
    // Who is not in the register.
    [2, (n, random) => book(people + n, slots(people + n, random), {}, 403)],
  ]

  function kindOf(n: number, random: Random) {
    // The first have nobody to refer to.
    let left = n < secondAfter ? 0 : random.next() * 100
    for (const kind of kinds) {
      left -= kind[0]
      if (left < 0) return kind
    }
    throw new Error('bug: the shares are not a hundred')
  }
  const isNewBooking = (n: number) => newBookings.includes(kindOf(n, createRandom(seedOf(seed, n))))

  async function requestOf(n: number, earlier: Earlier): Promise<Wanted | null> {
    const random = createRandom(seedOf(seed, n))
    const [, make] = kindOf(n, random)
    return make(n, random, earlier)
  }
  return requestOf
}
export type RequestOf = ReturnType<typeof createRequests>

function chooseSlots(home: Home, random: Random): Choice[] {
  // Of a series the first dose is chosen: the last slots have no second one after them.
  const last = home === 'series' ? slotsEach / 2 - 1 : slotsEach - 1
  const choose = () => ({ slotId: slotId(random.pick(halls), random.between(0, last)) })
  return Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, choose)
}

function chooseAny(random: Random): Choice[] {
  const from = Temporal.Now.plainDateISO('Asia/Tokyo')
  const locationIds = random.pick([['east'], ['west', 'north'], [...halls]])
  return [{ locationIds, from: from.toString(), to: from.add({ days: 3 }).toString() }]
}
