// Imports nothing, so that the k6 scripts make the same people as `junban vouchers generate`.

export type GeneratedPerson = { voucher: string; birthDate: string }

const half = 100_000
const millisecondsPerDay = 86_400_000
const oldestBirth = Date.UTC(1930, 0, 1)
const birthDays = 27_393 // 1930-01-01 to 2004-12-30

/** Mixes two numbers into 32 bits (the finaliser of murmur3). */
function mix(value: number, key: number): number {
  let bits = Math.imul(value ^ key, 0x9e3779b1)
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

/**
 * Person number `index` (0 to 10^10 - 1) of `seed`. Four Feistel rounds over two halves of five digits permute the ten-digit
 * numbers: no two people of a seed share a voucher, and any one is made without those before it.
 */
export function generatePerson(index: number, seed: number): GeneratedPerson {
  let left = Math.floor(index / half)
  let right = index % half
  for (let round = 1; round <= 4; round++) {
    const next = (left + mix(right, mix(seed, round))) % half
    left = right
    right = next
  }
  const voucher = String(left).padStart(5, '0') + String(right).padStart(5, '0')
  const day = mix(mix(left, right), mix(seed, 5)) % birthDays
  return { voucher, birthDate: new Date(oldestBirth + day * millisecondsPerDay).toISOString().slice(0, 10) }
}

/** The first `count` people of `seed`: the same each time. */
export function* generatePeople(count: number, seed: number): Generator<GeneratedPerson> {
  for (let index = 0; index < count; index++) yield generatePerson(index, seed)
}
