/** Steps between numbered states, kept to be walked backwards. */
export function createArrows() {
  let from = new Int32Array(1 << 12)
  let to = new Int32Array(1 << 12)
  let count = 0

  function grow() {
    const [moreFrom, moreTo] = [new Int32Array(2 * count), new Int32Array(2 * count)]
    moreFrom.set(from)
    moreTo.set(to)
    from = moreFrom
    to = moreTo
  }

  return {
    add(one: number, other: number) {
      if (count === from.length) grow()
      from[count] = one
      to[count] = other
      count += 1
    },

    /** How many of `states` have no way to any of `ends`. */
    withoutWayTo(ends: number[], states: number): number {
      const { firstOf, sources } = backwards(states)
      const reached = new Uint8Array(states)
      const reachedStates = [...ends]
      for (const end of ends) reached[end] = 1
      for (let state = reachedStates.pop(); state !== undefined; state = reachedStates.pop()) {
        for (let at = firstOf[state]!; at < firstOf[state + 1]!; at += 1) {
          const source = sources[at]!
          if (reached[source] === 1) continue
          reached[source] = 1
          reachedStates.push(source)
        }
      }
      return reached.reduce((sum, isReached) => sum + 1 - isReached, 0)
    },
  }

  /** The arrows by where they end: those into a state are `sources` from its `firstOf` to the next one's. */
  function backwards(states: number) {
    const firstOf = new Int32Array(states + 1)
    for (let arrow = 0; arrow < count; arrow += 1) firstOf[to[arrow]! + 1]! += 1
    for (let state = 0; state < states; state += 1) firstOf[state + 1]! += firstOf[state]!
    const free = firstOf.slice()
    const sources = new Int32Array(count)
    for (let arrow = 0; arrow < count; arrow += 1) sources[free[to[arrow]!]!++] = from[arrow]!
    return { firstOf, sources }
  }
}
