import type { OutgoingHttpHeaders } from 'node:http'
import type { Choice } from '#src/domain/choice.ts'
import { halls, people, personOf, slotId, slotsEach } from './campaign.ts'
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

/** What the harness knows of a request that was sent before: what it was told, if anything yet. */
export type Earlier = (n: number) => { id: string; receipt: string } | undefined

/** So far back lies the request that a voucher's second one refers to. */
const secondAfter = 40

/** Everything that clients ask for, the n-th the same for the same seed. Whatever new can be asked for is added to `kinds`. */
export function createRequests({ seed, campaign, agentKey }: { seed: number; campaign: string; agentKey: string }) {
  const path = `/v1/campaigns/${campaign}/reservations`

  const book = (person: object, choices: Choice[], headers: OutgoingHttpHeaders = {}, expects = 202): Wanted => ({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ ...person, choices }),
    expects,
  })

  /** What the n-th client asks for, by what share of a hundred. */
  const kinds: [share: number, make: (n: number, random: Random, earlier: Earlier) => Wanted][] = [
    [62, (n, random) => book(personOf(n), chooseSlots(random))],
    [10, (n, random) => book(personOf(n), chooseAny(random))],
    [10, (n, random) => book(personOf(n), chooseSlots(random), { 'idempotency-key': `try-${n}` })],
    // A call centre, in a lane of its own.
    [10, (n, random) => book(personOf(n), chooseSlots(random), { authorization: `Bearer ${agentKey}` })],
    // The same voucher again for something else: the earlier number gets it.
    [3, (n, random) => book(personOf(n - secondAfter), chooseSlots(random), { 'idempotency-key': `second-${n}` })],
    // The very same again, as by somebody who pressed twice.
    [3, (n, _, earlier) => requestOf(n - secondAfter, earlier)],
    // Who is not in the register.
    [2, (n, random) => book(personOf(people + n), chooseSlots(random), {}, 403)],
  ]

  function requestOf(n: number, earlier: Earlier): Wanted {
    const random = createRandom(seedOf(seed, n))
    // The first have nobody to refer to.
    let left = n < secondAfter ? 0 : random.next() * 100
    for (const [share, make] of kinds) {
      left -= share
      if (left < 0) return make(n, random, earlier)
    }
    throw new Error('bug: the shares are not a hundred')
  }
  return requestOf
}
export type RequestOf = ReturnType<typeof createRequests>

function chooseSlots(random: Random): Choice[] {
  const choose = () => ({ slotId: slotId(random.pick(halls), random.between(0, slotsEach - 1)) })
  return Array.from({ length: random.pick([1, 1, 1, 2, 3]) }, choose)
}

function chooseAny(random: Random): Choice[] {
  const from = Temporal.Now.plainDateISO('Asia/Tokyo')
  const locationIds = random.pick([['east'], ['west', 'north'], [...halls]])
  return [{ locationIds, from: from.toString(), to: from.add({ days: 3 }).toString() }]
}
