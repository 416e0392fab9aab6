import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decidingDatabase } from '../../test/setup/deciding.ts'
import { type Sent, worldAndBatches } from '../../test/setup/random-requests.ts'
import { createSimpleRules, type SimpleWorld } from '../../test/setup/simple-rules.ts'
import type { QueuedRequest } from '../domain/batch.ts'
import type { Lane } from '../domain/lane.ts'
import { appendBatch } from '../postgres/batches.ts'
import type { Pool } from '../postgres/pool.ts'

/** Ids of one run: the same numbers in every run, and no two runs share one. */
const placeholder = '00000000-0000-4000-8000-'
const makeId = (n: number) => `${placeholder}${n.toString(16).padStart(12, '0')}`
const makeHash = (n: number) => n.toString(16).padStart(32, '0')

/** A campaign as the world has it. */
async function addWorld(owner: Pool, campaign: string, { timeZone, closesAt, doses, slots }: SimpleWorld) {
  await owner.query(
    `insert into campaigns (id, name, time_zone, opens_at, closes_at, eligibility, voucher_pattern, doses)
     values ($1, '{}', $2, '2020-01-01', $3, 'anyone', '^.*$', $4)`,
    [campaign, timeZone, new Date(closesAt), doses],
  )
  await owner.query(`insert into locations (campaign_id, id, name) select $1, id, id from unnest($2::text[]) id`, [
    campaign,
    ['east', 'north', 'west'],
  ])
  await owner.query(
    `insert into schedules (campaign_id, id, location_id) select campaign_id, id, id from locations where campaign_id = $1`,
    [campaign],
  )
  for (const { id, locationId, startsAt, capacity } of slots)
    await owner.query(
      `insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity)
       values ($1, $2, $3, $3, $4, $4::timestamptz + interval '10 minutes', $5)`,
      [campaign, id, locationId, new Date(startsAt), capacity],
    )
}

test.each([
  ['one dose', false],
  ['a series of doses', true],
])(
  '%s, on Postgres, two allocators in turn: what is stored is what the rules say, after every transaction',
  async (_, series) => {
    const database = await decidingDatabase()
    const allocators = [database.newAllocator('one'), database.newAllocator('two')] as const
    const owner = database.openPool(null)
    let runs = 0

    async function agree([world, drawn]: [SimpleWorld, Sent[]], turns: boolean[]) {
      runs += 1
      const campaign = `world-${series}-${runs}`
      const batches: Sent[] = JSON.parse(JSON.stringify(drawn).replaceAll(placeholder, randomUUID().slice(0, 24)))
      await addWorld(owner, campaign, world)
      const rules = createSimpleRules(world)
      const sent = new Map<Lane, Sent['requests']>()
      const done = new Map<Lane, number>()
      for (const [at, { lane, requests }] of batches.entries()) {
        for (const { number: _, batchId, place, acceptedAt, receivedAt, ...request } of requests)
          await appendBatch(
            database.api,
            {
              id: randomUUID(),
              campaign,
              lane,
              receivedAt,
              requests: [{ ...request, ...(request.kind === 'book' && { box: 'AA==' }) } as QueuedRequest],
            },
            {},
          )
        sent.set(lane, [...(sent.get(lane) ?? []), ...requests])
        // Now and then more than one batch waits when it goes on.
        if (at < batches.length - 1 && turns[at]) continue
        for (;;) {
          const progressed = await allocators[turns[(at + 1) % turns.length] ? 0 : 1](campaign)
          if (!progressed) break
          const served = sent.get(progressed.lane)!.slice(done.get(progressed.lane) ?? 0, progressed.servingNumber)
          for (const request of served) rules.decide(request)
          done.set(progressed.lane, progressed.servingNumber)
          await expectSame(campaign, rules)
        }
      }
    }

    async function expectSame(campaign: string, rules: ReturnType<typeof createSimpleRules>) {
      expect(
        await database.read(`
        select id, status, case status when 'waitlisted' then waitlist_place end as place,
               array(select slot_id from appointments where reservation_id = reservations.id order by dose) as slots
          from reservations where campaign_id = '${campaign}' order by id`),
      ).toEqual(
        [...rules.reservations.values()]
          .map(({ id, status, slots, place }) => ({ id, status, place: status === 'waitlisted' ? place : null, slots }))
          .sort((a, b) => (a.id < b.id ? -1 : 1)),
      )
      expect(
        await database.read(
          `select id, booked, capacity, blocked from slots where campaign_id = '${campaign}' order by id`,
        ),
      ).toEqual(
        [...rules.slots.values()]
          .map(({ id, capacity, blocked }) => ({ id, booked: rules.held(id), capacity, blocked }))
          .sort((a, b) => (a.id < b.id ? -1 : 1)),
      )
      expect(
        new Map(
          (
            await database.read(
              `select request_id, coalesce(reason, outcome) as said from decisions where campaign_id = '${campaign}'`,
            )
          ).map((row) => [row.request_id, row.said]),
        ),
      ).toEqual(rules.outcomes)
      for (const waiter of rules.inLine()) expect(rules.find(waiter.choices)).toBeNull()
    }

    await fc.assert(
      fc.asyncProperty(
        worldAndBatches(series, { makeId, makeHash, gentle: true }),
        fc.array(fc.boolean(), { minLength: 14, maxLength: 14 }),
        agree,
      ),
      { numRuns: 40, endOnFailure: true },
    )
  },
)
