/** Most places of the table: 34 MB, for 2.8 million keys. */
const maxPlaces = 2 ** 22
const firstPlaces = 2 ** 10

/**
 * Keyed hashes that were seen, 64 bits of each in flat arrays: as texts in a set, those of 600,000 reservations would take some 100 MB,
 * and the garbage collector would read them again and again; here they take 17. Two keys that share these bits are taken for one, and a
 * set that is full takes every key for one of its own.
 */
export function createKeySet({ most = maxPlaces }: { most?: number } = {}) {
  let high = new Int32Array(firstPlaces)
  let low = new Int32Array(firstPlaces)
  let size = 0
  let isFull = false

  /** Where these bits are, or the empty place where they would be. */
  function placeOf(h: number, l: number): number {
    const last = low.length - 1
    let at = l & last
    while (low[at] !== 0 && (low[at] !== l || high[at] !== h)) at = (at + 1) & last
    return at
  }

  function put(h: number, l: number) {
    const at = placeOf(h, l)
    if (low[at] !== 0) return
    high[at] = h
    low[at] = l
    size += 1
  }

  function grow() {
    const [highs, lows] = [high, low]
    high = new Int32Array(lows.length * 2)
    low = new Int32Array(lows.length * 2)
    size = 0
    for (let at = 0; at < lows.length; at += 1) if (lows[at] !== 0) put(highs[at]!, lows[at]!)
  }

  return {
    /** `key`: of hexadecimal digits at its beginning and end, eight at each. */
    add(key: string): void {
      if (isFull) return
      if (size >= (low.length / 3) * 2) {
        if (low.length >= most) {
          isFull = true
          high = low = new Int32Array(0)
          return
        }
        grow()
      }
      put(highOf(key), lowOf(key))
    },
    /** False: it was surely never added. */
    has(key: string): boolean {
      return isFull || low[placeOf(highOf(key), lowOf(key))] !== 0
    },
    isFull: () => isFull,
  }
}
export type KeySet = ReturnType<typeof createKeySet>

const highOf = (key: string) => Number.parseInt(key.slice(0, 8), 16) | 0
/** Never 0, which is an empty place. */
const lowOf = (key: string) => Number.parseInt(key.slice(-8), 16) | 0 || 1
