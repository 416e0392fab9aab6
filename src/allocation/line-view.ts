import type { Waiter } from '../domain/decision.ts'
import type { BookSlot } from './slot-book.ts'
import type { NextWaiter, WaitingLine } from './waiting-line.ts'

/** How the line has changed: who joined or wants something else, and who is no more as the line has them. */
export type LineChanges = { joined: Waiter[]; gone: ReadonlySet<string>; lastPlace: number }

/** Who waits while one batch is being decided: the line, with who joined, left, or changed their wishes on the way. */
export function createLineView(line: WaitingLine, lastPlace: number) {
  const joined = new Map<string, Waiter>()
  const gone = new Set<string>()
  let last = lastPlace

  return {
    isEmpty: () => line.size === 0 && joined.size === 0,
    /** Somebody joins at the end. Returns their place. */
    join(waiter: Omit<Waiter, 'place'>): number {
      last += 1
      joined.set(waiter.id, { ...waiter, place: last })
      return last
    },
    /** Somebody wants something else, and keeps their place. */
    change(waiter: Waiter) {
      gone.add(waiter.id)
      joined.set(waiter.id, waiter)
    },
    leave(id: string) {
      gone.add(id)
      joined.delete(id)
    },
    /** Whether this one, with these wishes, still waits. */
    holds: (waiter: Waiter) => joined.get(waiter.id) === waiter || (!gone.has(waiter.id) && line.holds(waiter)),
    /** Those who want a slot, by place. */
    wanting(slot: BookSlot): NextWaiter {
      const before = line.wanting(slot, ({ id }) => gone.has(id))
      if (joined.size === 0) return before
      const here = [...joined.values()].filter((waiter) => line.wants(waiter, slot)).sort((a, b) => a.place - b.place)
      let [first, second] = [before(), here.shift()]
      return () => {
        if (first && (!second || first.place < second.place)) {
          const next = first
          first = before()
          return next
        }
        const next = second
        second = here.shift()
        return next
      }
    },
    changes: (): LineChanges => ({ joined: [...joined.values()], gone, lastPlace: last }),
  }
}
export type LineView = ReturnType<typeof createLineView>
