import type { Waiter } from '../domain/decision.ts'
import type { FreeSeats } from './free-seats.ts'
import { createHeap } from './heap.ts'
import type { LineView } from './line-view.ts'
import { compareStart } from './series.ts'
import type { BookSlot } from './slot-book.ts'
import { inDoses, type Standings } from './standings.ts'
import type { NextWaiter } from './waiting-line.ts'

type Offer = { slot: BookSlot; waiter: Waiter; next: NextWaiter }

/**
 * Gives seats that became free to who waits: of all who want one of them, the first in line, then the next. Each gets the first of
 * their own choices that can be had. Afterwards no seat is free that somebody in line could have.
 */
export function createGiveFreed({
  seats,
  line,
  standings,
}: {
  seats: FreeSeats
  line: LineView
  standings: Standings
}) {
  return function giveFreed(): void {
    const freed = seats.takeFreed()
    if (freed.size === 0 || line.isEmpty()) return
    const offers = createHeap<Offer>((a, b) => a.waiter.place - b.waiter.place || compareStart(a.slot, b.slot))
    // Seats are only taken here: what cannot be had once cannot be had by the next who chose the same.
    const inVain = new Set<string>()

    function offer(slot: BookSlot, next: NextWaiter) {
      if (!seats.isUseful(slot)) return
      for (let waiter = next(); waiter; waiter = next())
        if (line.holds(waiter)) return offers.push({ slot, waiter, next })
    }

    function give(waiter: Waiter) {
      const wish = JSON.stringify(waiter.choices)
      const found = inVain.has(wish) ? null : seats.find(waiter.choices)
      if (!found) return inVain.add(wish)
      seats.take(found)
      line.leave(waiter.id)
      standings.change(
        { ...waiter, waiting: waiter },
        { status: 'booked', seats: inDoses(found), waiting: null },
        'booked',
      )
    }

    for (const slot of freed) offer(slot, line.wanting(slot))
    for (let best = offers.pop(); best; best = offers.pop()) {
      const { slot, waiter, next } = best
      if (!seats.isUseful(slot)) continue
      if (line.holds(waiter)) give(waiter)
      offer(slot, next)
    }
  }
}
