/** No entry. */
export const none = -1
/** Chains are this many, a power of two: about one entry each when the table is full. */
const chains = 2 ** 19

/**
 * Open requests as numbers in flat arrays: a voucher and an id as 64 bits of a hash each, a queue number, and whose turn is next. As
 * objects in a map they took 400 bytes each and made the garbage collector stop intake for 20 ms every few seconds; here they take
 * 40, and it does not see them. Both keys are keyed hashes already: among 500,000 entries two have the same 64 bits once in
 * 100 million fillings. Memory that no entry has used yet is the system's.
 */
export function createOpenTable(size: number) {
  const column = () => new Int32Array(size)
  const [voucherHigh, voucherLow, idHigh, idLow] = [column(), column(), column(), column()]
  const numbers = new Float64Array(size)
  const since = new Float64Array(size)
  /** The next entry of the same chain, or the next free one. Entries are stored plus one, because unused memory is zero. */
  const nextOfChain = column()
  const firstOfChain = new Int32Array(chains)
  let firstFree = 0
  let used = 0

  const chainOf = (low: number) => low & (chains - 1)

  return {
    numbers,
    since,
    /** The next entry in a list that its keeper makes; `none` at its end. */
    next: column(),

    /** The entry of a voucher's request, or `none`, and how many the voucher has. */
    find(voucher: Hash, id: Hash): { entry: number; count: number } {
      let [entry, count] = [none, 0]
      for (let at = firstOfChain[chainOf(voucher.low)]! - 1; at !== none; at = nextOfChain[at]! - 1) {
        if (voucherLow[at] !== voucher.low || voucherHigh[at] !== voucher.high) continue
        count += 1
        if (idLow[at] === id.low && idHigh[at] === id.high) entry = at
      }
      return { entry, count }
    },

    /** A new entry, or `none` when the table is full. */
    add(voucher: Hash, id: Hash): number {
      const entry = firstFree > 0 ? firstFree - 1 : used
      if (entry === size) return none
      if (firstFree > 0) firstFree = nextOfChain[entry]!
      else used += 1
      const chain = chainOf(voucher.low)
      voucherHigh[entry] = voucher.high
      voucherLow[entry] = voucher.low
      idHigh[entry] = id.high
      idLow[entry] = id.low
      nextOfChain[entry] = firstOfChain[chain]!
      firstOfChain[chain] = entry + 1
      return entry
    },

    remove(entry: number): void {
      const chain = chainOf(voucherLow[entry]!)
      let before = none
      for (let at = firstOfChain[chain]! - 1; at !== entry; at = nextOfChain[at]! - 1) before = at
      if (before === none) firstOfChain[chain] = nextOfChain[entry]!
      else nextOfChain[before] = nextOfChain[entry]!
      nextOfChain[entry] = firstFree
      firstFree = entry + 1
    },
  }
}
export type OpenTable = ReturnType<typeof createOpenTable>

export type Hash = { high: number; low: number }

/** 64 bits of a text that nobody can choose: FNV-1a twice, with other primes, and mixed in the end as MurmurHash3 does. */
export function hashOf(text: string): Hash {
  let [high, low] = [0x9e3779b9, 0x85ebca6b]
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    high = Math.imul(high ^ code, 0x85ebca77)
    low = Math.imul(low ^ code, 0xc2b2ae3d)
  }
  high = Math.imul(high ^ (high >>> 16) ^ low, 0xcc9e2d51)
  low = Math.imul(low ^ (low >>> 15) ^ high, 0x1b873593)
  return { high: high ^ (high >>> 13), low: low ^ (low >>> 16) }
}
