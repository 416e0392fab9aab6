import { Redis } from 'ioredis'
import type { Logger } from '../logger.ts'

/** Oldest Redis with all that is used here. */
const oldestVersion = [6, 2]
/** A command that got no answer for this long is given up; the breaker has long gone another way. */
const commandTimeoutMs = 1_000

/** While Redis is away it is tried to connect this often, in the end. */
const longestRetryMs = 250

const common = (name: string) => ({
  connectionName: `junban-${name}`,
  connectTimeout: 1_000,
  // Soon: with Postgres away too, nobody is accepted until it is connected again, and the breaker's probe comes on top.
  retryStrategy: (times: number) => Math.min(50 * times, longestRetryMs),
  // After a failover the old master answers READONLY: connect again, perhaps to the new one.
  reconnectOnError: (err: Error) => err.message.startsWith('READONLY'),
})

/** A connection for asking and adding: fails at once rather than queue up while Redis is away. */
export function connectRedis(url: string, name: string, log: Logger): Redis {
  const redis = new Redis(url, {
    ...common(name),
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    commandTimeout: commandTimeoutMs,
    socketTimeout: 5_000,
  })
  redis.on('error', (err) => log.debug({ err }, 'redis connection'))
  return redis
}

/** A connection for BullMQ's workers: waits for ever for Redis to return, but not on a socket that has gone silent. */
export function connectWorkerRedis(url: string, name: string, socketTimeoutMs: number, log: Logger): Redis {
  const redis = new Redis(url, { ...common(name), maxRetriesPerRequest: null, socketTimeout: socketTimeoutMs })
  redis.on('error', (err) => log.debug({ err }, 'redis worker connection'))
  return redis
}

/**
 * Why this Redis must not be trusted with an accepted request, or null. A Redis that would evict, forget at a restart, or
 * cannot be written to counts as away.
 */
export async function findUnsafeSetting(redis: Redis): Promise<string | null> {
  const value = readInfo(await redis.info())
  const [major = 0, minor = 0] = value('redis_version').split('.').map(Number)
  if (major < oldestVersion[0]! || (major === oldestVersion[0] && minor < oldestVersion[1]!))
    return `version ${value('redis_version')} is older than ${oldestVersion.join('.')}`
  if (value('role') === 'slave') return 'it is a replica'
  if (value('maxmemory_policy') !== 'noeviction')
    return `maxmemory-policy is ${value('maxmemory_policy')}, not noeviction`
  if (value('aof_enabled') !== '1') return 'appendonly is no'
  return null
}

/** How full a Redis is, of what it may take: 0 to 1 and a little more. 0 where it has no limit. */
export async function readFullness(redis: Redis): Promise<number> {
  const value = readInfo(await redis.info('memory'))
  const [used, most] = [Number(value('used_memory')), Number(value('maxmemory'))]
  return most > 0 ? used / most : 0
}

const readInfo = (info: string) => (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? ''
