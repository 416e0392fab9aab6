import type { Fault } from '../fault.ts'

const parts = ['redis']
const holdMs: [number, number] = [1_000, 4_000]

/** So many keys beside ours take a Redis a while to load. */
const ballastKeys = 400_000
const ballastAtOnce = 50_000

export const redisFaults: Fault[] = [
  {
    name: 'Redis killed, started with its append-only file',
    parts,
    holdMs,
    async strike({ redis }) {
      await redis.kill()
      return redis.start
    },
  },
  {
    name: 'Redis frozen',
    parts,
    holdMs,
    async strike({ redis, outages }) {
      outages.begin('redis')
      redis.signal('SIGSTOP')
      return () => {
        redis.signal('SIGCONT')
        outages.end('redis')
      }
    },
  },
  {
    name: 'Redis killed and its data directory wiped',
    parts,
    holdMs,
    async strike({ redis }, { wiped }) {
      await redis.kill()
      redis.wipe()
      wiped()
      return redis.start
    },
  },
  {
    name: 'Redis FLUSHALL while running',
    parts,
    holdMs: [500, 1_500],
    async strike({ redis }, { wiped }) {
      const flush = async () => {
        await redis.ask((connection) => connection.flushall())
        wiped()
      }
      await flush()
      return flush
    },
  },
  {
    name: 'Redis full (noeviction)',
    parts,
    holdMs,
    async strike({ redis, outages }) {
      outages.begin('redis')
      await redis.ask((connection) => connection.config('SET', 'maxmemory', '1'))
      return async () => {
        await redis.ask((connection) => connection.config('SET', 'maxmemory', '0'))
        outages.end('redis')
      }
    },
  },
  {
    name: 'Redis READONLY (a replica)',
    parts,
    holdMs,
    async strike({ redis, outages }) {
      outages.begin('redis')
      await redis.ask((connection) => connection.replicaof('127.0.0.1', 1))
      return async () => {
        await redis.ask((connection) => connection.replicaof('NO', 'ONE'))
        outages.end('redis')
      }
    },
  },
  {
    name: 'Redis LOADING a large append-only file',
    parts,
    holdMs: [100, 500],
    async strike({ redis }) {
      await redis.ask(async (connection) => {
        for (let from = 0; from < ballastKeys; from += ballastAtOnce)
          await connection.eval(
            'for n = ARGV[1], ARGV[2] do redis.call("SET", "ballast:" .. n, n) end',
            0,
            from,
            from + ballastAtOnce - 1,
          )
      })
      await redis.kill()
      return async () => {
        await redis.start()
        await redis.ask(async (connection) => {
          for (let from = 0; from < ballastKeys; from += ballastAtOnce)
            await connection.eval(
              'for n = ARGV[1], ARGV[2] do redis.call("UNLINK", "ballast:" .. n) end',
              0,
              from,
              from + ballastAtOnce - 1,
            )
          await connection.bgrewriteaof()
        })
      }
    },
  },
]
