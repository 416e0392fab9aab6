import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

const parts = ['redis', 'postgres']
const holdMs: [number, number] = [1_000, 3_000]

/** How long one store is back before the other, in ms. */
const betweenMs = 1_500

export const storeFaults: Fault[] = [
  {
    name: 'both stores down; Redis back first',
    parts,
    holdMs,
    async strike({ redis, postgres }) {
      await Promise.all([redis.kill(), postgres.stop('immediate')])
      return async () => {
        await redis.start()
        await sleep(betweenMs)
        await postgres.start()
      }
    },
  },
  {
    name: 'both stores down; Postgres back first',
    parts,
    holdMs,
    async strike({ redis, postgres }) {
      await Promise.all([redis.kill(), postgres.stop('immediate')])
      return async () => {
        await postgres.start()
        await sleep(betweenMs)
        await redis.start()
      }
    },
  },
  {
    name: 'Postgres down, then Redis down too; Postgres back first, then Redis with its file',
    parts,
    holdMs,
    async strike({ redis, postgres }) {
      await postgres.stop('immediate')
      await sleep(betweenMs)
      await redis.kill()
      return async () => {
        await postgres.start()
        await sleep(betweenMs)
        await redis.start()
      }
    },
  },
  {
    // What only Redis held is gone: the one loss that is declared.
    name: 'Redis wiped while Postgres is away',
    parts,
    holdMs,
    async strike({ redis, postgres }, { wiped }) {
      await postgres.stop('immediate')
      await sleep(betweenMs)
      await redis.kill()
      redis.wipe()
      wiped()
      await redis.start()
      return postgres.start
    },
  },
  {
    // As when a long absence of Postgres has filled it: only the draining of the spool makes room.
    name: 'Redis full while Postgres is away; Postgres back first',
    parts,
    holdMs,
    async strike({ redis, postgres, outages }) {
      await postgres.stop('immediate')
      await sleep(betweenMs)
      outages.begin('redis')
      await redis.ask((connection) => connection.config('SET', 'maxmemory', '1'))
      return async () => {
        await postgres.start()
        await sleep(betweenMs)
        await redis.ask((connection) => connection.config('SET', 'maxmemory', '0'))
        outages.end('redis')
      }
    },
  },
]
