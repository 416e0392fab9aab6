import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { Batch } from '../domain/batch.ts'
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
  junbanRemoveSpoolHead(spool: string, spooled: string, id: string): Promise<0 | 1>
}

/**
 * Store and forward: while Postgres is away, each lane's batches wait in a Redis list, in the order of their acceptance. That
 * the list is empty is what "normal" means, for every process alike.
 */
export function createSpool(connection: Redis) {
  connection.defineCommand('junbanAppendToSpool', { numberOfKeys: 2, lua: lua('append-to-spool') })
  connection.defineCommand('junbanRemoveSpoolHead', { numberOfKeys: 2, lua: lua('remove-spool-head') })
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
      redis.junbanAppendToSpool(...keys(batch.campaign, batch.lane), batch.id, JSON.stringify(batch), '0'),

    /** Appends if something is there already; answers `log` if nothing is. */
    join: (batch: Batch) =>
      redis.junbanAppendToSpool(...keys(batch.campaign, batch.lane), batch.id, JSON.stringify(batch), '1'),

    /** Whether a batch waits there. */
    holds: async (campaign: string, lane: Lane, id: string) =>
      (await redis.hexists(spooledKey(campaign, lane), id)) === 1,

    /** The first in line; null when none is. `batch` is null when it is not one that we could have written. */
    async head(campaign: string, lane: Lane): Promise<{ id: string; batch: Batch | null; text: string } | null> {
      for (;;) {
        const id = await redis.lindex(spoolKey(campaign, lane), 0)
        if (id === null) return null
        const text = await redis.hget(spooledKey(campaign, lane), id)
        if (text !== null) return { id, batch: parseBatch(text), text }
        // Taken away between the two looks by another who drains, unless it is still the head.
        if ((await redis.lindex(spoolKey(campaign, lane), 0)) === id) return { id, batch: null, text: '' }
      }
    },

    /** Removes the first in line, if it is still this one. */
    removeHead: async (campaign: string, lane: Lane, id: string) =>
      (await redis.junbanRemoveSpoolHead(...keys(campaign, lane), id)) === 1,

    /** Keeps a batch that the log will never take where an operator finds it, out of the way of the others. */
    keepRefused: (id: string, text: string) => redis.hset(`${redisPrefix}:refused`, id, text),
  }
}
export type Spool = ReturnType<typeof createSpool>

function parseBatch(text: string): Batch | null {
  try {
    return Batch.parse(JSON.parse(text))
  } catch {
    return null
  }
}
