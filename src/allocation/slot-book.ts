/** A slot as the decision sees it. `startsAt` in epoch ms. The free seats of a blocked one are given to nobody. */
export type BookSlot = { id: string; locationId: string; startsAt: number; free: number; blocked?: boolean }

/** Whether it has a seat to give. */
const isOpen = (slot: BookSlot) => slot.free > 0 && !slot.blocked

type Page = { slots: BookSlot[]; next: Int32Array }

/**
 * A campaign's free seats, arranged for finding the earliest: per location by start, then id. `next` leads from a full slot to
 * the next that is free (union-find with path halving), so a sold-out campaign of 100,000 slots is searched as fast as an empty
 * one. Only `take` changes it, after the transaction that took the seats has committed. The paths are built anew where a full slot
 * has a seat again: a path that was halved leads past it.
 */
export function createSlotBook(slots: BookSlot[]) {
  const byId = new Map<string, { page: Page; at: number }>()
  const pages = new Map<string, Page>()
  for (const [locationId, unsorted] of Map.groupBy(slots, (slot) => slot.locationId)) {
    const sorted = unsorted.toSorted((a, b) => a.startsAt - b.startsAt || compare(a.id, b.id))
    const page: Page = { slots: sorted, next: new Int32Array(sorted.length + 1) }
    for (const [at, slot] of sorted.entries()) byId.set(slot.id, { page, at })
    lead(page)
    pages.set(locationId, page)
  }

  return {
    /** By id. */
    locations: () => [...pages.keys()].sort(compare),

    /** All that have a seat to give. */
    open: () => slots.filter(isOpen),

    slot: (id: string): BookSlot | undefined => {
      const found = byId.get(id)
      return found?.page.slots[found.at]
    },

    /** The slots of a location that start within `from <= startsAt < until` and have a free seat, earliest first. */
    *freeAt(locationId: string, from: number, until: number): Generator<BookSlot> {
      const page = pages.get(locationId)
      if (!page) return
      for (let at = nextFree(page, firstFrom(page, from)); at < page.slots.length; at = nextFree(page, at + 1)) {
        const slot = page.slots[at]!
        if (slot.startsAt >= until) return
        yield slot
      }
    },

    /** Notes seats that were taken, by slot id; less than none were given back. */
    take(taken: ReadonlyMap<string, number>) {
      const open = new Set<Page>()
      for (const [id, seats] of taken) {
        const found = byId.get(id)
        if (!found) throw new Error(`bug: seats taken in slot ${id}, which is not in the book`)
        const slot = found.page.slots[found.at]!
        const wasOpen = isOpen(slot)
        slot.free -= seats
        if (isOpen(slot) && !wasOpen) open.add(found.page)
        if (!isOpen(slot)) found.page.next[found.at] = found.at + 1
      }
      for (const page of open) lead(page)
    },
  }
}
export type SlotBook = ReturnType<typeof createSlotBook>

/** Leads from each slot that is not open to the one after it. */
function lead({ slots, next }: Page) {
  for (const [at, slot] of slots.entries()) next[at] = isOpen(slot) ? at : at + 1
  next[slots.length] = slots.length
}

function nextFree({ next }: Page, from: number): number {
  let at = from
  while (next[at] !== at) {
    next[at] = next[next[at]!]!
    at = next[at]!
  }
  return at
}

function firstFrom({ slots }: Page, from: number): number {
  let low = 0
  let high = slots.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (slots[middle]!.startsAt < from) low = middle + 1
    else high = middle
  }
  return low
}

/** By code unit, as Postgres' "C" collation does for ASCII: the same everywhere. */
export const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
