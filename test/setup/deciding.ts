import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { createDecideNext, type DecideNext } from '#src/allocation/decide-next.ts'
import type { BookRequest, CommandRequest, QueuedRequest } from '#src/domain/batch.ts'
import type { Choice } from '#src/domain/choice.ts'
import type { Lane } from '#src/domain/lane.ts'
import { appendBatch } from '#src/postgres/batches.ts'
import { createPool, type Pool } from '#src/postgres/pool.ts'
import { operatorDatabase, testLog } from './operator-database.ts'

const campaign = 'medics'
let people = 0

/** A booking request of a person who has not asked before. */
export function ask(choices: Choice[], fields: Partial<BookRequest> = {}): BookRequest {
  people += 1
  const hash = people.toString(16).padStart(32, '0')
  const box = Buffer.from('sealed').toString('base64')
  const sealed = { box, notify: false, waitlist: false }
  return { id: randomUUID(), kind: 'book', voucherKey: hash, fingerprint: hash, choices, ...sealed, ...fields }
}
export const rivals = (count: number, slotId: string) => Array.from({ length: count }, () => ask([{ slotId }]))

export const cancel = ({ id }: { id: string }): CommandRequest => ({
  id: randomUUID(),
  kind: 'cancel',
  reservationId: id,
})
export const move = ({ id }: { id: string }, ...choices: (string | Choice)[]): CommandRequest => ({
  id: randomUUID(),
  kind: 'move',
  reservationId: id,
  choices: choices.map((choice) => (typeof choice === 'string' ? { slotId: choice } : choice)),
})

/** The campaign `medics`, for anyone and open for long, with the location `east`: what it accepts can be decided at once. */
export async function decidingDatabase() {
  const { url, pool, read } = await operatorDatabase()
  await pool.query(`
    update campaigns set eligibility = 'anyone', closes_at = '2100-01-01';
    insert into locations (campaign_id, id, name) values ('${campaign}', 'east', 'East');
    insert into schedules (campaign_id, id, location_id) values ('${campaign}', 'east', 'east')`)
  /** `null`: the owner, who alone may change tables and the log. */
  function openPool(role: 'junban_api' | 'junban_allocator' | null): Pool {
    const opened = createPool({ url, role, name: 'test', log: testLog, pipeline: role === 'junban_allocator' })
    onTestFinished(() => opened.end())
    return opened
  }
  const api = openPool('junban_api')
  const one = (sql: string) => read(sql).then(([row]) => row)

  return {
    url,
    api,
    openPool,
    read: read as (sql: string) => Promise<Record<string, unknown>[]>,
    /** An allocator of its own: its pool, its memory. */
    newAllocator: (name = 'first', log = testLog): DecideNext =>
      createDecideNext({ pool: openPool('junban_allocator'), allocator: name, log }),
    /** Decides all that waits; the decisions on bookings. */
    async decideAll(decideNext: DecideNext) {
      const decisions = []
      for (let progressed = await decideNext(campaign); progressed; progressed = await decideNext(campaign))
        decisions.push(...progressed.decisions)
      return decisions
    },
    /** Slots of these capacities at `east`, an hour each from 2026-12-01 on. */
    giveSlots: (capacities: Record<string, number>) =>
      read(
        Object.entries(capacities)
          .map(
            ([id, capacity], at) => `
              insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
              values ('${campaign}', '${id}', 'east', 'east', '2026-12-01T00:00Z'::timestamptz + interval '${at} hours',
                      '2026-12-01T00:30Z'::timestamptz + interval '${at} hours', ${capacity})`,
          )
          .join(';'),
      ),
    append: (requests: QueuedRequest[], lane: Lane = 'web', receivedAt = Date.now()) =>
      appendBatch(api, { id: randomUUID(), campaign, lane, receivedAt, requests }, {}),
    served: async (lane: Lane = 'web') =>
      (await one(`select serving_number from lane_progress where lane = '${lane}'`)).serving_number,
    storedStatuses: async () =>
      (await read('select status from reservations order by queue_number')).map(({ status }) => status),
  }
}
