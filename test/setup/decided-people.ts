import { randomUUID } from 'node:crypto'
import { onTestFinished } from 'vitest'
import type { KnownPair, Person } from '#src/domain/reservation.ts'
import { createLogger } from '#src/logger.ts'
import { createPool, type Pool } from '#src/postgres/pool.ts'
import { seal } from '#src/privacy/boxes.ts'
import { unwrapDataKey } from '#src/privacy/data-keys.ts'
import { operatorDatabase, testFingerprints, testKeys } from './operator-database.ts'

/** What the notifier wrote to its log. */
export function logLines() {
  const lines: string[] = []
  return { lines, log: createLogger('debug', 'test', { write: (line) => void lines.push(line) }) }
}

/**
 * A database in which people of the campaign `medics` have been decided, as an allocator leaves it: `decide` makes a reservation with
 * its box (`broken`: sealed for another row) and, if `event` is not null, its row of the outbox. `as` gives a pool of a role.
 */
export async function decidedPeople() {
  const { url, pool, read } = await operatorDatabase()
  const as = (role: Parameters<typeof createPool>[0]['role']): Pool => {
    const made = createPool({
      url,
      role,
      name: 'test',
      log: createLogger('silent', 'test'),
      pipeline: role === 'junban_allocator',
    })
    onTestFinished(() => made.end())
    return made
  }
  const owner = as(null)
  const allocator = as('junban_allocator')
  await owner.query(`
    insert into locations (campaign_id, id, name, address) values ('medics', 'hall', 'Tokyo <Hall>', '千代田区 1-1');
    insert into schedules (campaign_id, id, location_id) values ('medics', 'hall', 'hall');
    insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
    values ('medics', 'hall-1', 'hall', 'hall', '2026-12-01T00:00:00Z', '2026-12-01T00:30:00Z', 1000);
    update campaigns set name = '{"ja":"医療従事者","en":"Medics"}'`)
  const { rows } = await owner.query(
    'select key_id as "keyId", master_key_id as "masterKeyId", wrapped from campaign_keys',
  )
  const dataKey = unwrapDataKey('medics', rows[0], testKeys.master)
  let number = 0

  async function decide(
    person: Person,
    {
      event = 'booked',
      status = 'booked',
      broken = false,
      pair = { voucher: '0123456789', birthDate: '1980-01-02' },
    }: { event?: string | null; status?: string; broken?: boolean; pair?: KnownPair } = {},
  ) {
    const id = randomUUID()
    number += 1
    await allocator.query(
      `insert into reservations (id, campaign_id, lane, queue_number, voucher_key, status, reason, waitlist, box, accepted_at, decided_at,
                                 choices, waitlist_place, waitlist_revision, slot_ids)
       values ($1, 'medics', 'web', $2, decode($3, 'hex'), $4, $5, false, decode($6, 'base64'), now(), now(), $7::jsonb, $8, $9, $10)`,
      [
        id,
        number,
        // A voucher of its own for each that is not named: one live reservation each.
        testFingerprints.voucher('medics', pair.voucher + (pair.voucher === '0123456789' ? number : '')),
        status,
        status === 'rejected' ? 'sold-out' : null,
        seal({ ...pair, person }, dataKey, broken ? randomUUID() : id),
        // Who waits stands in line.
        ...(status === 'waitlisted' ? ['[]', number, 1] : [null, null, null]),
        status === 'booked' ? ['hall-1'] : null,
      ],
    )
    await pool.query(
      `insert into batches (id, campaign_id, lane, first_number, last_number, received_at, redis_away, spooled)
       values (gen_random_uuid(), 'medics', 'web', $1, $1, now(), false, false)
       on conflict do nothing`,
      [number],
    )
    if (event)
      await allocator.query(`insert into outbox (campaign_id, reservation_id, event) values ('medics', $1, $2)`, [
        id,
        event,
      ])
    return id
  }

  return {
    url,
    read,
    dataKey,
    as,
    owner,
    decide,
    operator: pool,
    /** As if the pause before the next try had passed. */
    makeDue: () => owner.query('update outbox set next_at = now() where sent_at is null'),
    outbox: () =>
      read(
        'select event, attempts, told, refused, sent_at is not null as sent, set_aside_reason as aside from outbox order by id',
      ),
  }
}
