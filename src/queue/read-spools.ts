import type { Redis } from 'ioredis'
import { z } from 'zod'
import { Uuid } from '../domain/ids.ts'
import type { Lane } from '../domain/lane.ts'
import { spooledKey } from './names.ts'

/** Batches asked for at once: a full one is half a megabyte. */
const batchesPerScan = 8

const SpooledIds = z.object({ requests: z.array(z.object({ id: Uuid })) })

/**
 * Every batch that waits in these lanes' spools, by the ids of its requests, in no order. One that is drained meanwhile may be
 * missing: it is in the log by then. One that cannot be read is left out.
 */
export async function* readSpools(
  redis: Redis,
  lanes: { campaign: string; lane: Lane }[],
): AsyncGenerator<{ id: string; requestIds: string[] }> {
  for (const { campaign, lane } of lanes) {
    let cursor = '0'
    do {
      const [next, fields] = await redis.hscan(spooledKey(campaign, lane), cursor, 'COUNT', batchesPerScan)
      cursor = next
      for (let at = 0; at < fields.length; at += 2) {
        const requestIds = idsOf(fields[at + 1]!)
        if (requestIds) yield { id: fields[at]!, requestIds }
      }
    } while (cursor !== '0')
  }
}

function idsOf(text: string): string[] | null {
  try {
    return SpooledIds.parse(JSON.parse(text)).requests.map(({ id }) => id)
  } catch {
    return null
  }
}
