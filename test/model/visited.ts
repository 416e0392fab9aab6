const emptySlot = 0
/** Fuller than this and looking up gets slow. */
const fullest = 0.6

/** A set of records of a few words each, numbered in the order in which they were added. Millions of them, in flat memory. */
export function createVisited(wordsEach: number) {
  let capacity = 1 << 12
  let records = new Uint32Array(capacity * wordsEach)
  let slots = new Int32Array(capacity * 2)
  let size = 0

  const hash = (words: Uint32Array, from: number) => {
    let mixed = 0x9e3779b9
    for (let at = 0; at < wordsEach; at += 1) {
      mixed = Math.imul(mixed ^ words[from + at]!, 0x85ebca6b)
      mixed = (mixed << 13) | (mixed >>> 19)
    }
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0xc2b2ae35)
    return (mixed ^ (mixed >>> 13)) >>> 0
  }

  function grow() {
    capacity *= 2
    const more = new Uint32Array(capacity * wordsEach)
    more.set(records)
    records = more
    slots = new Int32Array(capacity * 2)
    for (let record = 0; record < size; record += 1) slots[freeSlot(hash(records, record * wordsEach))] = record + 1
  }

  function freeSlot(from: number): number {
    let slot = from & (slots.length - 1)
    while (slots[slot] !== emptySlot) slot = (slot + 1) & (slots.length - 1)
    return slot
  }

  function isSame(record: number, words: Uint32Array): boolean {
    for (let at = 0; at < wordsEach; at += 1) if (records[record * wordsEach + at] !== words[at]) return false
    return true
  }

  return {
    size: () => size,
    /** The number of this record; it was added when that is what `size()` was. */
    add(words: Uint32Array): number {
      let slot = hash(words, 0) & (slots.length - 1)
      for (; slots[slot] !== emptySlot; slot = (slot + 1) & (slots.length - 1))
        if (isSame(slots[slot]! - 1, words)) return slots[slot]! - 1
      records.set(words, size * wordsEach)
      size += 1
      slots[slot] = size
      if (size > capacity * fullest) grow()
      return size - 1
    },
  }
}
