import type { Lane } from '../domain/lane.ts'

/** Open requests that one voucher may have: a first, a correction, and one for the hand that slipped. */
export const maxOpenRequests = 3
/**
 * So many are remembered, of all lanes. Past that those of the longest lane that wait longest are forgotten, and such a voucher may have
 * three more: who misuses it gains nothing, for only one of them can be booked. They take some 400 bytes each, and deciding may stand
 * still for hours.
 */
export const maxRemembered = 500_000
/** So many are forgotten at once: what is taken from the front of a list moves the rest. */
const forgetAtOnce = 10_000
/** An open request whose number never became known (spooled) is forgotten after this long. */
const forgetAfterMs = 60_000

type Open = { voucherKey: string; id: string; number: number | null; since: number }

/**
 * Requests accepted by this process and not yet decided, by voucher. Counted by distinct id: sending the same again never
 * counts.
 */
export function createOpenRequests() {
  /** Ids by campaign and voucher. Most vouchers have one, and a process remembers hundreds of thousands: no set for each. */
  const campaigns = new Map<string, Map<string, string | string[]>>()
  const lanes = new Map<string, { campaign: string; queue: Open[] }>()
  let remembered = 0

  function vouchersOf(campaign: string) {
    let vouchers = campaigns.get(campaign)
    if (!vouchers) {
      vouchers = new Map()
      campaigns.set(campaign, vouchers)
    }
    return vouchers
  }

  function forget(campaign: string, { voucherKey, id }: Open) {
    const vouchers = vouchersOf(campaign)
    const ids = vouchers.get(voucherKey)
    if (ids === id) vouchers.delete(voucherKey)
    if (!Array.isArray(ids) || !ids.includes(id)) return
    const [first, ...others] = ids.filter((other) => other !== id)
    vouchers.set(voucherKey, others.length > 0 ? [first!, ...others] : first!)
  }

  function forgetOldest() {
    const [longest] = [...lanes.values()].sort((one, other) => other.queue.length - one.queue.length)
    const forgotten = longest!.queue.splice(0, forgetAtOnce)
    for (const open of forgotten) forget(longest!.campaign, open)
    remembered -= forgotten.length
  }

  return {
    /** Whether this very request has a place already: it was sent again. */
    holds(campaign: string, voucherKey: string, id: string): boolean {
      const ids = vouchersOf(campaign).get(voucherKey)
      return ids !== undefined && (ids === id || (Array.isArray(ids) && ids.includes(id)))
    },
    /** Reserves a place for a request; false when its voucher has too many open already. */
    enter(campaign: string, voucherKey: string, id: string): boolean {
      const vouchers = vouchersOf(campaign)
      const ids = vouchers.get(voucherKey)
      if (ids === undefined) {
        vouchers.set(voucherKey, id)
        return true
      }
      const known = Array.isArray(ids) ? ids : [ids]
      if (known.includes(id)) return true
      if (known.length >= maxOpenRequests) return false
      vouchers.set(voucherKey, [...known, id])
      return true
    },
    /** It was accepted: it is open until its lane has served its number. */
    accepted(campaign: string, lane: Lane, { voucherKey, id, number }: Omit<Open, 'since'>) {
      const key = `${campaign} ${lane}`
      const entry = { voucherKey, id, number, since: performance.now() }
      const known = lanes.get(key)
      if (known) known.queue.push(entry)
      else lanes.set(key, { campaign, queue: [entry] })
      remembered += 1
      if (remembered > maxRemembered) forgetOldest()
    },
    /** It was not accepted after all. */
    leave: (campaign: string, voucherKey: string, id: string) =>
      forget(campaign, { voucherKey, id, number: null, since: 0 }),
    /** Forgets what a lane has served. */
    served(campaign: string, lane: Lane, servingNumber: number) {
      const queue = lanes.get(`${campaign} ${lane}`)?.queue
      if (!queue) return
      const now = performance.now()
      let done = 0
      for (const open of queue) {
        const isServed = open.number === null ? now - open.since > forgetAfterMs : open.number <= servingNumber
        if (!isServed) break
        forget(campaign, open)
        done += 1
      }
      queue.splice(0, done)
      remembered -= done
    },
  }
}
export type OpenRequests = ReturnType<typeof createOpenRequests>
