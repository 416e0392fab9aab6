import { LRUCache } from 'lru-cache'
import { Problem } from '../errors.ts'

const windowMs = 60_000
/** Addresses remembered; past that the one longest quiet is forgotten. */
const maxAddresses = 50_000

/** Limits how often one address may ask, whatever is answered. Kept in this process: no store that could be down. */
export function createAskLimit(perMinute: number) {
  const asks = new LRUCache<string, { count: number }>({ max: maxAddresses, ttl: windowMs })

  /** Counts an ask. Throws a Problem `too-many-requests` past the limit. */
  return function countAsk(address: string): void {
    const known = asks.get(address)
    if (!known) {
      asks.set(address, { count: 1 })
      return
    }
    known.count += 1
    if (known.count > perMinute)
      throw new Problem('too-many-requests', 'This address has asked too often.', {
        retryAfterSeconds: Math.ceil(asks.getRemainingTTL(address) / 1_000),
      })
  }
}
