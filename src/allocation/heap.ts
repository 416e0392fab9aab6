/** Gives what was pushed in order, the least first. */
export function createHeap<Item>(compare: (a: Item, b: Item) => number) {
  const items: Item[] = []

  function swap(a: number, b: number) {
    const kept = items[a]!
    items[a] = items[b]!
    items[b] = kept
  }

  return {
    push(item: Item) {
      let at = items.push(item) - 1
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (compare(items[at]!, items[parent]!) >= 0) return
        swap(at, parent)
        at = parent
      }
    },
    pop(): Item | undefined {
      const top = items[0]
      const last = items.pop()
      if (items.length === 0) return top
      items[0] = last!
      for (let at = 0; ; ) {
        let least = at
        for (const child of [2 * at + 1, 2 * at + 2])
          if (child < items.length && compare(items[child]!, items[least]!) < 0) least = child
        if (least === at) return top
        swap(at, least)
        at = least
      }
    },
  }
}
