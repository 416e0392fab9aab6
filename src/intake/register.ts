const fingerprintBytes = 16
/** A fingerprint and one byte of cohort: its place among the campaign's cohorts plus one; 0 for none. */
export const entryBytes = fingerprintBytes + 1

/** Who is entitled, of one campaign: packed entries in the order of their fingerprints. 600,000 people take 10 MB. */
export function createRegister(packed: Buffer) {
  const size = packed.length / entryBytes

  return {
    size,
    packed,
    /** The cohort's place plus one, 0 for none; undefined for who is not in the register. */
    find(fingerprint: Buffer): number | undefined {
      let low = 0
      let high = size - 1
      while (low <= high) {
        const middle = (low + high) >>> 1
        const at = middle * entryBytes
        const order = packed.compare(fingerprint, 0, fingerprintBytes, at, at + fingerprintBytes)
        if (order === 0) return packed[at + fingerprintBytes]
        if (order < 0) low = middle + 1
        else high = middle - 1
      }
      return undefined
    },
  }
}
export type Register = ReturnType<typeof createRegister>
