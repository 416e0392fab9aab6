import type { Lane } from '../domain/lane.ts'

/** Open requests that one voucher may have: a first, a correction, and one for the hand that slipped. */
export const maxOpenRequests = 3
/** An open request whose number never became known (spooled) is forgotten after this long. */
const forgetAfterMs = 60_000

type Open = { voucherKey: string; id: string; number: number | null; since: number }

/**
 * Requests accepted by this process and not yet decided, by voucher. Counted by distinct id: sending the same again never
 * counts.
 */
export function createOpenRequests() {
  const idsOfVoucher = new Map<string, Set<string>>()
  const lanes = new Map<string, Open[]>()

  const keyOf = (campaign: string, voucherKey: string) => `${campaign} ${voucherKey}`

  function forget(campaign: string, { voucherKey, id }: Open) {
    const key = keyOf(campaign, voucherKey)
    const ids = idsOfVoucher.get(key)
    ids?.delete(id)
    if (ids?.size === 0) idsOfVoucher.delete(key)
  }

  return {
    /** Whether this very request has a place already: it was sent again. */
    holds: (campaign: string, voucherKey: string, id: string): boolean =>
      idsOfVoucher.get(keyOf(campaign, voucherKey))?.has(id) ?? false,
    /** Reserves a place for a request; false when its voucher has too many open already. */
    enter(campaign: string, voucherKey: string, id: string): boolean {
      const key = keyOf(campaign, voucherKey)
      const ids = idsOfVoucher.get(key)
      if (!ids) {
        idsOfVoucher.set(key, new Set([id]))
        return true
      }
      if (ids.has(id)) return true
      if (ids.size >= maxOpenRequests) return false
      ids.add(id)
      return true
    },
    /** It was accepted: it is open until its lane has served its number. */
    accepted(campaign: string, lane: Lane, open: Omit<Open, 'since'>) {
      const key = `${campaign} ${lane}`
      const queue = lanes.get(key)
      const entry = { ...open, since: performance.now() }
      if (queue) queue.push(entry)
      else lanes.set(key, [entry])
    },
    /** It was not accepted after all. */
    leave: (campaign: string, voucherKey: string, id: string) =>
      forget(campaign, { voucherKey, id, number: null, since: 0 }),
    /** Forgets what a lane has served. */
    served(campaign: string, lane: Lane, servingNumber: number) {
      const queue = lanes.get(`${campaign} ${lane}`)
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
    },
  }
}
export type OpenRequests = ReturnType<typeof createOpenRequests>
