import { expect, onTestFinished, test, vi } from 'vitest'
import { startProxy } from '../../test/faults/proxy.ts'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import type { Pool } from '../postgres/pool.ts'
import { listen } from './listen.ts'

async function listening(options: { everyMs?: number } = {}) {
  const { url, pool } = await operatorDatabase()
  const proxy = await startProxy(Number(new URL(url).port))
  onTestFinished(() => proxy.close())
  const through = new URL(url)
  through.port = String(proxy.port)
  const heard: string[] = []
  const listener = listen({
    ...options,
    url: through.href,
    role: 'junban_allocator',
    channel: 'a channel',
    heard: (said) => heard.push(said),
    log: testLog,
  })
  onTestFinished(() => listener.close())
  /** Says something again and again until it is heard: what is said before it listens is lost, by design. */
  const sayUntilHeard = (text: string) =>
    vi.waitFor(
      async () => {
        await pool.query(`select pg_notify('a channel', $1)`, [text])
        expect(heard).toContain(text)
      },
      { timeout: 10_000, interval: 50 },
    )
  return { pool, proxy, heard, listener, sayUntilHeard }
}

const sessions = async (pool: Pool) =>
  (
    await pool.query(
      `select pid, usename from pg_stat_activity where application_name = 'junban-listen' and datname = current_database()`,
    )
  ).rows

test('what is said on its channel is heard, and nothing of another', async () => {
  const { pool, heard, sayUntilHeard } = await listening()
  await sayUntilHeard('medics')
  await pool.query(`select pg_notify('another', 'stray')`)
  await sayUntilHeard('teachers')
  expect(heard).not.toContain('stray')
})

test('after its connection was ended it listens again by itself', async () => {
  const { pool, sayUntilHeard } = await listening()
  await sayUntilHeard('before')
  const [session] = await sessions(pool)
  // Only the login itself may end it, which the role is not.
  await pool.query('set role none')
  await pool.query('select pg_terminate_backend($1)', [session.pid])
  await sayUntilHeard('after')
  const [another] = await sessions(pool)
  expect(another.pid).not.toBe(session.pid)
})

test('after its server has gone silent without a word it listens again by itself', async () => {
  const { proxy, sayUntilHeard } = await listening({ everyMs: 100 })
  await sayUntilHeard('before')
  proxy.disturb({ kind: 'half-open' })
  await sayUntilHeard('after')
})

test('closed, it leaves no session behind and hears no more', async () => {
  const { pool, heard, listener, sayUntilHeard } = await listening()
  await sayUntilHeard('open')
  await listener.close()
  await vi.waitFor(async () => expect(await sessions(pool)).toEqual([]), { timeout: 5_000 })
  await pool.query(`select pg_notify('a channel', 'too late')`)
  expect(heard).not.toContain('too late')
})
