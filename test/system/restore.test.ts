import { execFileSync } from 'node:child_process'
import { renameSync, rmSync } from 'node:fs'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { auditInvariants } from '#src/operations/audit/audit-invariants.ts'
import { readTop } from '../deployment/read-compose.ts'
import { ask, bodyOf, bookAccepted, type Told } from './book.ts'
import { untilDecided, untilOneDecided } from './decided.ts'
import { untilRung } from './rung.ts'
import { postgresOf, redisOf, startStack, untilReady } from './stack.ts'
import { until } from './until.ts'

/** What docs/operations.md tells people to remove from Redis, before anything is started: a pattern, and keys by name. */
function whatToForget() {
  const [, pattern, keys] =
    /--scan --pattern '([^']+)' \| xargs -r redis-cli unlink; redis-cli unlink ([^"]+)"/.exec(
      readTop('docs/operations.md'),
    ) ?? []
  if (!pattern || !keys) throw new Error('docs/operations.md no longer says what to forget')
  return { pattern, keys: keys.split(' ') }
}

test('Postgres restored from an older copy beside a Redis that went on: whatever Redis still holds is decided, once', async () => {
  const stack = await startStack({ ownPostgres: true })
  const [postgres, redis, api, allocator] = [postgresOf(stack), redisOf(stack), stack.apis[0]!, stack.allocators[0]!]
  const remembered = rememberedBy(redis.url)
  await stack.addCampaign({ id: 'clinic', slots: { a: 1_000 } })
  await stack.addCampaign({ id: 'other', slots: { b: 1 }, register: { '0000000001': '1980-01-02' } })
  const book = (from: number, count: number) =>
    Promise.all(Array.from({ length: count }, (_, n) => bookAccepted(api, 'clinic', bodyOf(from + n, 'a'))))

  const kept = await book(0, 40)
  const outcomes = await untilDecided(api, 'clinic', kept)
  await until('campaigns and registers are copied to Redis', remembered.isCopied)

  // The backup: a copy of the stopped cluster.
  const copy = `${postgres.cluster}.copy`
  await postgres.kill()
  execFileSync('cp', ['-a', postgres.cluster, copy])
  await postgres.restart()
  await untilRung([api], 'normal')

  // After it: some are accepted and decided; some wait in the log, each batch with its job; some are spooled, Postgres being away.
  const gone = await book(100, 40)
  await untilDecided(api, 'clinic', gone)
  await allocator.kill()
  const waiting = await book(200, 40)
  await postgres.kill()
  await untilRung([api], 'postgres-away')
  const spooled = await book(300, 40)
  expect(waiting.every(({ queueNumber }) => queueNumber !== null)).toBe(true)
  expect(spooled.every(({ queueNumber }) => queueNumber === null)).toBe(true)

  // Postgres is lost; what is described in docs/operations.md follows.
  await api.kill()
  rmSync(postgres.cluster, { recursive: true })
  renameSync(copy, postgres.cluster)
  await postgres.restart()
  await remembered.forget()
  expect(await stack.read('select count(*)::int as decided from decisions')).toEqual([{ decided: 40 }])
  await allocator.restart()
  await api.restart()
  await untilReady(api)

  const held = [...waiting, ...spooled]
  const decided = await Promise.all(held.map((told) => untilOneDecided(api, told, 40_000)))
  expect(decided.map(({ status }) => status)).toEqual(held.map(() => 'booked'))
  expect(await Promise.all(kept.map((told) => untilOneDecided(api, told)))).toEqual(outcomes)

  // Who was decided between the backup and the loss is told the truth, and may send the same again.
  for (const told of gone) expect((await ask(api, told)).status).toBe(404)
  const again = await Promise.all(gone.map(({ body }) => bookAccepted(api, 'clinic', body)))
  expect(again.map(({ id }) => id)).toEqual(gone.map(({ id }) => id))
  await Promise.all(again.map((told) => untilOneDecided(api, told)))

  const all = [...kept, ...held, ...again].map(({ id }: Told) => id)
  const rows = await stack.read('select request_id as id, outcome from decisions')
  expect(rows.map(({ id }) => id).toSorted()).toEqual(all.toSorted())
  expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['booked']))
  expect(await stack.read("select booked from slots where id = 'a'")).toEqual([{ booked: all.length }])
  expect(await auditInvariants({ pool: stack.pool })).toMatchObject({ holds: true, waiting: 0, setAside: 0 })
}, 120_000)

/** What Redis remembers that a restored Postgres may not know. */
function rememberedBy(url: string) {
  const redis = new Redis(url)
  onTestFinished(() => redis.disconnect())
  const { pattern, keys } = whatToForget()
  return {
    isCopied: async () => (await redis.exists(...keys)) === keys.length,
    async forget() {
      const outcomes = await redis.keys(pattern)
      expect(outcomes.length).toBeGreaterThan(0)
      await redis.unlink(...outcomes, ...keys)
    },
  }
}
