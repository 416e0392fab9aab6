import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Redis } from 'ioredis'
import type { OwnPostgres } from './own-postgres.ts'
import { personalIn } from './personal-values.ts'

/** Where personal values are in clear: one line per place, as `place: kinds`. `looked` is how much was looked at. */
export type Found = { found: string[]; looked: number }

const report = (places: [where: string, bytes: Buffer][]): Found => ({
  found: places.flatMap(([where, bytes]) => {
    const kinds = personalIn(bytes)
    return kinds.length > 0 ? [`${where}: ${kinds.join(', ')}`] : []
  }),
  looked: places.length,
})

export const inTexts = (texts: string[]): Found => report(texts.map((text) => [text.slice(0, 200), Buffer.from(text)]))

/** Every file under a folder. */
export function inFiles(folder: string): Found {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
  // One after another: they are large.
  const all = files.map((file) => report([[relative(folder, file), readFileSync(file)]]))
  return { found: all.flatMap(({ found }) => found), looked: files.length }
}

/** Every key of every type, and its value. */
export async function inRedis(redis: Redis): Promise<Found> {
  const places: [string, Buffer][] = []
  for await (const keys of redis.scanStream({ count: 1_000 }))
    for (const key of keys as string[])
      places.push([key, Buffer.from(`${key} ${JSON.stringify(await readValue(redis, key))}`)])
  return report(places)
}

async function readValue(redis: Redis, key: string): Promise<unknown> {
  const type = await redis.type(key)
  switch (type) {
    case 'none':
      return null // gone since it was listed
    case 'string':
      return redis.get(key)
    case 'hash':
      return redis.hgetall(key)
    case 'list':
      return redis.lrange(key, 0, -1)
    case 'set':
      return redis.smembers(key)
    case 'zset':
      return redis.zrange(key, '0', '-1')
    case 'stream':
      return redis.xrange(key, '-', '+')
    default:
      throw new Error(`bug: nobody has said how to read a ${type}`)
  }
}

/** Every row of every table of ours, as text. */
export async function inTables(postgres: OwnPostgres): Promise<Found> {
  const tables = await postgres.asSuperuser<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`,
  )
  const places: [string, Buffer][] = []
  for (const { name } of tables)
    for (const { row } of await postgres.asSuperuser<{ row: string }>(`select t::text as row from ${name} t`))
      places.push([name, Buffer.from(row)])
  return report(places)
}

/** The database's files themselves, and the log of what changed them: what a table no longer shows is still there. */
export async function inCluster(postgres: OwnPostgres): Promise<Found> {
  await postgres.asSuperuser('checkpoint')
  return inFiles(postgres.cluster)
}
