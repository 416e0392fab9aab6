import type { Lane } from '../domain/lane.ts'
import { createOpenTable, type Hash, hashOf, none } from './open-table.ts'

/** Open requests that one voucher may have: a first, a correction, and one for the hand that slipped. */
export const maxOpenRequests = 3
/**
 * So many are remembered, of all lanes. Past that those of the longest lane that wait longest are forgotten, and such a voucher may have
 * three more: who misuses it gains nothing, for only one of them can be booked. They take 40 bytes each, and deciding may stand still for
 * hours.
 */
export const maxRemembered = 500_000
/** So many are forgotten at once: to find the longest lane takes a look at all. */
const forgetAtOnce = 10_000
/** An open request whose number never became known (spooled) is forgotten after this long. */
const forgetAfterMs = 60_000
/** In the place of a number: under way, or accepted and not known. */
const [underWay, unknown] = [-1, -2]

type LaneList = { first: number; last: number; length: number }

/**
 * Requests accepted by this process and not yet decided, by voucher: a keyed hash of it and its campaign. Counted by distinct id:
 * sending the same again never counts.
 */
export function createOpenRequests() {
  const table = createOpenTable(maxRemembered)
  const { numbers, since, next } = table
  /** Accepted entries, in the order of their acceptance: nearly that of their numbers, for two batches may be under way. */
  const lanes = new Map<string, LaneList>()

  function forgetFirst(lane: LaneList) {
    const entry = lane.first
    lane.first = next[entry]!
    if (lane.first === none) lane.last = none
    lane.length -= 1
    table.remove(entry)
  }

  function forgetOldest() {
    const [longest] = [...lanes.values()].sort((one, other) => other.length - one.length)
    for (let n = 0; n < forgetAtOnce && longest && longest.first !== none; n += 1) forgetFirst(longest)
  }

  function add(voucher: Hash, id: Hash): number {
    let entry = table.add(voucher, id)
    if (entry === none) {
      forgetOldest()
      entry = table.add(voucher, id)
    }
    if (entry === none) throw new Error('bug: more requests are under way than are remembered')
    numbers[entry] = underWay
    return entry
  }

  return {
    /** Reserves a place for a request; null when its voucher has too many open already. `isSentAgain`: it has a place already. */
    enter(voucherKey: string, id: string): { isSentAgain: boolean } | null {
      const [voucher, request] = [hashOf(voucherKey), hashOf(id)]
      const { entry, count } = table.find(voucher, request)
      if (entry !== none) return { isSentAgain: true }
      if (count >= maxOpenRequests) return null
      add(voucher, request)
      return { isSentAgain: false }
    },
    /** It was accepted: it is open until its lane has served its number, the first that became known, and those of who was accepted before. */
    accepted(campaign: string, lane: Lane, { voucherKey, id, number }: Accepted): void {
      const [voucher, request] = [hashOf(voucherKey), hashOf(id)]
      const { entry: known } = table.find(voucher, request)
      const entry = known === none ? add(voucher, request) : known
      const isFirst = numbers[entry] === underWay
      if (isFirst || numbers[entry] === unknown) numbers[entry] = number ?? unknown
      if (!isFirst) return
      since[entry] = performance.now()
      next[entry] = none
      const key = `${campaign} ${lane}`
      const list = lanes.get(key) ?? { first: none, last: none, length: 0 }
      lanes.set(key, list)
      if (list.last === none) list.first = entry
      else next[list.last] = entry
      list.last = entry
      list.length += 1
    },
    /** It was not accepted after all. Accepted when it was sent again meanwhile, it stays. */
    leave(voucherKey: string, id: string): void {
      const { entry } = table.find(hashOf(voucherKey), hashOf(id))
      if (entry !== none && numbers[entry] === underWay) table.remove(entry)
    },
    /** Forgets what a lane has served. */
    served(campaign: string, lane: Lane, servingNumber: number): void {
      const list = lanes.get(`${campaign} ${lane}`)
      if (!list) return
      const now = performance.now()
      while (list.first !== none) {
        const number = numbers[list.first]!
        const isServed = number === unknown ? now - since[list.first]! > forgetAfterMs : number <= servingNumber
        if (!isServed) return
        forgetFirst(list)
      }
    },
  }
}
type Accepted = { voucherKey: string; id: string; number: number | null }
export type OpenRequests = ReturnType<typeof createOpenRequests>
