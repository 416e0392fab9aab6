import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test, vi } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { appendBatch } from '../postgres/batches.ts'
import { createPool } from '../postgres/pool.ts'
import { pauseWriter, resumeWriter } from '../postgres/writers.ts'
import { watchDeciding } from './watch-deciding.ts'

const everyMs = 20

/** The campaign `medics` with a request that waits, the allocator's pool, and a watchdog that counts how often it would end. */
async function watched() {
  const { url, pool: operator } = await operatorDatabase()
  const pool = createPool({ url, role: 'junban_allocator', name: 'test', log: testLog })
  onTestFinished(() => pool.end())
  const request = {
    id: randomUUID(),
    kind: 'book' as const,
    voucherKey: 'a'.repeat(32),
    fingerprint: 'b'.repeat(32),
    choices: [{ slotId: 'one' }],
    waitlist: false,
    notify: false,
    box: 'c2VhbGVk',
  }
  const batch = {
    id: randomUUID(),
    campaign: 'medics',
    lane: 'web' as const,
    receivedAt: Date.now(),
    requests: [request],
  }
  const end = vi.fn()
  const start = () => {
    const watchdog = watchDeciding({ pool, end, log: testLog, everyMs })
    onTestFinished(() => watchdog.close())
    return watchdog
  }
  let asked = 0
  pool.on('acquire', () => {
    asked += 1
  })
  /** Waits until it has looked so many more times, at one or two questions each. */
  async function looks(count = 20) {
    const last = asked + 2 * count
    await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(last), { timeout: 10_000, interval: 5 })
  }
  return { operator, pool, end, start, looks, accept: () => appendBatch(pool, batch, {}) }
}

test('something waits, could be decided and is not: the process is ended', async () => {
  const { start, accept, end } = await watched()
  await accept()
  start()
  await vi.waitFor(() => expect(end).toHaveBeenCalledOnce(), { timeout: 5_000 })
})

test('nothing waits: nobody is ended', async () => {
  const { start, end, looks } = await watched()
  start()
  await looks()
  expect(end).not.toHaveBeenCalled()
})

test('who is paused by an operator is not ended, until it is resumed and still decides nothing', async () => {
  const { operator, start, accept, end, looks } = await watched()
  await accept()
  await pauseWriter(operator, 'medics', 'test')
  start()
  await looks()
  expect(end).not.toHaveBeenCalled()
  await resumeWriter(operator, 'medics')
  await vi.waitFor(() => expect(end).toHaveBeenCalled(), { timeout: 5_000 })
})

test('who waits for another that holds the campaign is not ended', async () => {
  const { operator, start, accept, end, looks } = await watched()
  await accept()
  const holder = await operator.connect()
  await holder.query("begin; select from campaigns where id = 'medics' for no key update")
  start()
  await looks()
  expect(end).not.toHaveBeenCalled()
  await holder.query('rollback')
  holder.release()
  await vi.waitFor(() => expect(end).toHaveBeenCalled(), { timeout: 5_000 })
})

test('while the serving number moves, however slowly, nobody is ended', async () => {
  const { pool, start, accept, end, looks } = await watched()
  await accept()
  await pool.query("update lanes set accepted_number = accepted_number + 1000 where campaign_id = 'medics'")
  start()
  for (let served = 1; served <= 10; served += 1) {
    await looks(3)
    await pool.query("update lane_progress set serving_number = serving_number + 1 where lane = 'web'")
  }
  expect(end).not.toHaveBeenCalled()
})

test('while Postgres refuses the transactions, as with a full disk, nobody is ended', async () => {
  const { start, accept, end, looks } = await watched()
  await accept()
  const watchdog = start()
  const refusing = setInterval(watchdog.excuse, 2 * everyMs)
  await looks()
  clearInterval(refusing)
  expect(end).not.toHaveBeenCalled()
  await vi.waitFor(() => expect(end).toHaveBeenCalled(), { timeout: 5_000 })
})
