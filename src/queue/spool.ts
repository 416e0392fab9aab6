import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { Batch } from '../domain/batch.ts'
import { batchText } from '../domain/batch-text.ts'
import type { Lane } from '../domain/lane.ts'
import { redisPrefix, spooledKey, spoolKey } from './names.ts'

const lua = (name: string) => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')

interface SpoolCommands {
  junbanAppendToSpool(
    spool: string,
    spooled: string,
    id: string,
    batch: string,
    join: '0' | '1',
  ): Promise<'spooled' | 'log'>
  junbanReadSpoolHeads(spool: string, spooled: string, limit: number): Promise<string[]>
  junbanRemoveSpoolHeads(spool: string, spooled: string, ...ids: string[]): Promise<number>
}

/**
 * Store and forward: while Postgres is away, each lane's batches wait in a Redis list, in the order of their acceptance. That
 * the list is empty is what "normal" means, for every process alike.
 */
export function createSpool(connection: Redis) {
  connection.defineCommand('junbanAppendToSpool', { numberOfKeys: 2, lua: lua('append-to-spool') })
  connection.defineCommand('junbanReadSpoolHeads', { numberOfKeys: 2, lua: lua('read-spool-heads') })
  connection.defineCommand('junbanRemoveSpoolHeads', { numberOfKeys: 2, lua: lua('remove-spool-heads') })
  const redis = connection as Redis & SpoolCommands

  const keys = (campaign: string, lane: Lane) => [spoolKey(campaign, lane), spooledKey(campaign, lane)] as const

  return {
    /** How many batches wait. */
    length: (campaign: string, lane: Lane) => redis.llen(spoolKey(campaign, lane)),

    /** How many wait in each of many lanes, asked at once. */
    async lengths(lanes: { campaign: string; lane: Lane }[]): Promise<number[]> {
      if (lanes.length === 0) return []
      const asked = redis.pipeline(lanes.map(({ campaign, lane }) => ['llen', spoolKey(campaign, lane)]))
      const answers = await asked.exec()
      return (answers ?? []).map(([err, length]) => {
        if (err) throw err
        return Number(length)
      })
    },

    /** Appends, whatever is there. Twice is once. */
    append: (batch: Batch) =>
      redis.junbanAppendToSpool(...keys(batch.campaign, batch.lane), batch.id, batchText(batch), '0'),

    /** Appends if something is there already; answers `log` if nothing is. */
    join: (batch: Batch) =>
      redis.junbanAppendToSpool(...keys(batch.campaign, batch.lane), batch.id, batchText(batch), '1'),

    /** Whether a batch waits there. */
    holds: async (campaign: string, lane: Lane, id: string) =>
      (await redis.hexists(spooledKey(campaign, lane), id)) === 1,

    /** The first in line, at most `limit`, as they are at one moment. `batch` is null when it is not one that we could have written. */
    async heads(campaign: string, lane: Lane, limit: number): Promise<SpoolHead[]> {
      const found = await redis.junbanReadSpoolHeads(...keys(campaign, lane), limit)
      return Array.from({ length: found.length / 2 }, (_, place) => {
        const [id, text] = [found[2 * place]!, found[2 * place + 1]!]
        return { id, batch: parseBatch(text), text }
      })
    },

    /** Removes those that are still the first in line, in this order, up to one that is not. Returns how many. */
    removeHeads: (campaign: string, lane: Lane, ids: string[]) =>
      redis.junbanRemoveSpoolHeads(...keys(campaign, lane), ...ids),

    /** Keeps a batch that the log will never take where an operator finds it, out of the way of the others. */
    keepRefused: (id: string, text: string) => redis.hset(`${redisPrefix}:refused`, id, text),
  }
}
export type SpoolHead = { id: string; batch: Batch | null; text: string }
export type Spool = ReturnType<typeof createSpool>

function parseBatch(text: string): Batch | null {
  try {
    return Batch.parse(JSON.parse(text))
  } catch {
    return null
  }
}
