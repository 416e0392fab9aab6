import { type Finding, ok, problem, warning } from './finding.ts'

/** How a Redis is set and how full it is. Null: it does not say. */
export type RedisFacts = {
  /** Why it must not be trusted with an accepted request. */
  unsafe: string | null
  appendfsync: string | null
  usedBytes: number
  /** 0: no limit. */
  maxBytes: number
  systemBytes: number
  lastWriteOk: boolean
  /** Where its append-only file is. */
  dir: string | null
}

/** Past this share of its memory a backlog of an hour would not fit. */
const fullShare = 0.5
const mebibyte = 2 ** 20

/** Whether Redis keeps what it acknowledges, and has room. `facts` null: none is configured; an Error: it does not answer. */
export function checkRedis(facts: RedisFacts | null | Error): Finding[] {
  const check = 'Redis is durable'
  if (facts === null)
    return [
      warning(check, 'REDIS_URL is not set', 'without it requests are refused while Postgres is away: configure one'),
    ]
  if (facts instanceof Error)
    return [problem(check, `it does not answer: ${facts.message}`, 'start it, or correct REDIS_URL')]
  if (facts.unsafe)
    return [
      problem(
        check,
        facts.unsafe,
        'it counts as away: set appendonly yes and maxmemory-policy noeviction on a primary',
      ),
    ]
  return [checkAppending(check, facts), checkMemory(facts)]
}

function checkAppending(check: string, { appendfsync, lastWriteOk }: RedisFacts): Finding {
  if (!lastWriteOk) return problem(check, 'its last write to disk failed', 'look at its disk and its log')
  if (appendfsync === null)
    return warning(
      check,
      'it does not tell its appendfsync',
      'make sure that it is `always`: `everysec` may lose a second',
    )
  if (appendfsync !== 'always')
    return problem(check, `appendfsync is ${appendfsync}`, 'set it to always: a crash would lose what was acknowledged')
  return ok(check, 'appendonly yes, appendfsync always, noeviction')
}

function checkMemory({ usedBytes, maxBytes, systemBytes }: RedisFacts): Finding {
  const check = 'Redis has room'
  const limit = maxBytes || systemBytes
  const mib = (bytes: number) => `${Math.round(bytes / mebibyte).toLocaleString('en')} MiB`
  const found = `${mib(usedBytes)} used of ${mib(limit)}${maxBytes ? '' : ', the whole machine’s'}`
  if (limit > 0 && usedBytes > limit * fullShare)
    return problem(check, found, 'raise maxmemory, or find out what else is kept there')
  if (!maxBytes)
    return warning(check, found, 'set maxmemory: a Redis that takes all memory is killed, one that is full refuses')
  return ok(check, found)
}
