import { until } from '../../system/until.ts'
import type { Fault } from '../fault.ts'
import { fillDisk, pretendFull } from '../full-disk.ts'
import type { PostgresServer } from '../postgres-server.ts'
import type { Stack } from '../stack.ts'

const parts = ['postgres']
const holdMs: [number, number] = [1_000, 4_000]

export const postgresFaults: Fault[] = [
  {
    name: 'Postgres stopped (immediate), started again',
    parts,
    holdMs,
    async strike({ postgres }) {
      await postgres.stop('immediate')
      return postgres.start
    },
  },
  {
    name: 'Postgres stopped (fast), started again',
    parts,
    holdMs,
    async strike({ postgres }) {
      await postgres.stop('fast')
      return postgres.start
    },
  },
  {
    name: 'Postgres killed with all of its backends',
    parts,
    holdMs,
    async strike({ postgres }) {
      await postgres.kill()
      return postgres.start
    },
  },
  {
    name: 'Postgres frozen',
    parts,
    holdMs,
    async strike({ postgres, outages }) {
      outages.begin('postgres')
      postgres.signalAll('SIGSTOP')
      return () => {
        postgres.signalAll('SIGCONT')
        outages.end('postgres')
      }
    },
  },
  {
    // Postgres answers the violent end of one backend with the end of all, and recovers.
    name: "an allocator's backend killed in mid-transaction",
    parts: [...parts, 'allocator', 'allocator>postgres'],
    holdMs: [1_000, 2_000],
    async strike({ postgres, outages }) {
      const pid = await backendInTransaction(postgres)
      outages.begin('postgres')
      process.kill(pid, 'SIGKILL')
      return async () => {
        await postgres.untilBack()
        outages.end('postgres')
      }
    },
  },
  {
    name: "an allocator's backend frozen in mid-transaction",
    parts: [...parts, 'allocator', 'allocator>postgres'],
    holdMs: [3_000, 6_000],
    async strike({ postgres }) {
      const pid = await backendInTransaction(postgres)
      process.kill(pid, 'SIGSTOP')
      return () => {
        process.kill(pid, 'SIGCONT')
      }
    },
  },
  {
    name: 'Postgres slow: 100 to 400 ms more for every answer',
    parts: ['api>postgres', 'allocator>postgres'],
    holdMs: [3_000, 6_000],
    async strike(stack) {
      const ways = waysToPostgres(stack)
      for (const way of ways) way.disturb({ kind: 'delay', ms: 100, jitterMs: 300 })
      return () => {
        for (const way of ways) way.lift()
      }
    },
  },
  {
    name: 'Postgres: a table of the log locked by somebody',
    parts,
    holdMs: [1_000, 3_000],
    async strike({ postgres, outages }) {
      const client = await postgres.connect()
      outages.begin('postgres')
      await client.query('begin; lock table lanes in access exclusive mode')
      return async () => {
        await client.query('rollback')
        await client.end()
        outages.end('postgres')
      }
    },
  },
  {
    name: 'Postgres: disk full (53100)',
    parts,
    holdMs,
    async strike({ postgres, disk, outages }, { note }) {
      note(disk ? 'a full tmpfs under the tables' : 'raised by triggers: nothing may be mounted here')
      outages.begin('postgres')
      const giveRoom = disk ? fillDisk(disk) : await pretendFull(postgres)
      return async () => {
        await giveRoom()
        outages.end('postgres')
      }
    },
  },
]

const waysToPostgres = ({ apis, allocators }: Stack) => [...apis, ...allocators].map(({ toPostgres }) => toPostgres)

/** The server's process of an allocator that is inside a transaction. */
async function backendInTransaction(postgres: PostgresServer): Promise<number> {
  const client = await postgres.connect()
  try {
    return await until('an allocator is in mid-transaction', async () => {
      const { rows } = await client.query(
        `select pid from pg_stat_activity
          where application_name = 'junban-allocator' and xact_start is not null and backend_xid is not null
          order by xact_start limit 1`,
      )
      return rows[0]?.pid as number | undefined
    })
  } finally {
    await client.end()
  }
}
