import { createHash } from 'node:crypto'
import pg from 'pg'
import { onTestFinished } from 'vitest'
import { createDecideNext } from '#src/allocation/decide-next.ts'
import type { Batch, BookRequest } from '#src/domain/batch.ts'
import type { Lane } from '#src/domain/lane.ts'
import { createCampaign } from '#src/operations/create-campaign.ts'
import { appendBatch } from '#src/postgres/batches.ts'
import { createPool } from '#src/postgres/pool.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import { campaignFile, tempFile, testKeys, testLog } from './operator-database.ts'
import { freshDatabase } from './stores.ts'

const campaign = 'medics'
const receivedAt = Date.parse('2026-12-01T10:00:00+09:00')
const receipts = createReceipts(testKeys.receipt)

/** The same id for the same name, each time. */
export const idOf = (name: string) => {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const slot = (slotId: string) => [{ slotId }]
const anyAt = (...locationIds: string[]) => [{ locationIds, from: '2026-12-02', to: '2026-12-03' }]

function request(name: string, choices: BookRequest['choices'], voucher = name): BookRequest {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)
  return {
    id: idOf(name),
    kind: 'book',
    voucherKey: hash(voucher),
    fingerprint: hash(`${voucher} person`),
    choices,
    waitlist: false,
    notify: false,
    box: 'AA==',
  }
}

const batch = (name: string, lane: Lane, requests: BookRequest[]): Batch => ({
  id: idOf(name),
  campaign,
  lane,
  receivedAt,
  requests,
})

/** A web batch of requests, each for the slot `early`. */
export const batchOf = (name: string, requests: string[]) =>
  batch(
    name,
    'web',
    requests.map((one) => request(one, slot('early'))),
  )

// early: two seats, shibuya, 2 December · late: one, shibuya, the 2nd · far: one, ueno, the 3rd
const r1 = request('r1', slot('early'))
const web1 = batch('web1', 'web', [
  r1, //                              1  booked early
  request('r2', slot('early')), //    2  booked early
  request('r3', anyAt('shibuya')), // 3  booked late
  request('r4', slot('early')), //    4  sold-out
])
const web2 = batch('web2', 'web', [
  request('r5', anyAt('shibuya')), //       5  sold-out
  request('r6', anyAt('ueno'), 'r1'), //    6  voucher-used
  r1, //                                    7  decided as 1
])
const agent1 = batch('agent1', 'agent', [
  request('a1', anyAt('shibuya', 'ueno')), // 1  booked far, for the agent lane's turn comes second here
  request('a2', slot('far')), //              2  sold-out
])
const web3 = batch('web3', 'web', [request('r8', slot('far')), request('r9', slot('far'))]) // 8, 9 wait

const slots = `
  insert into locations (campaign_id, id, name) values ('medics', 'shibuya', 'Shibuya'), ('medics', 'ueno', 'Ueno');
  insert into schedules (campaign_id, id, location_id) values ('medics', 'shibuya', 'shibuya'), ('medics', 'ueno', 'ueno');
  insert into slots (campaign_id, id, schedule_id, location_id, starts_at, ends_at, capacity) values
    ('medics', 'early', 'shibuya', 'shibuya', '2026-12-02 09:00+09', '2026-12-02 09:30+09', 2),
    ('medics', 'late', 'shibuya', 'shibuya', '2026-12-02 09:30+09', '2026-12-02 10:00+09', 1),
    ('medics', 'far', 'ueno', 'ueno', '2026-12-03 09:00+09', '2026-12-03 09:30+09', 1)`

export type LedgerLine = {
  id: string
  receipt: string
  queueNumber: number | null
  sentAt: number | string
  acceptedAt: number | string
}

/** What the client of one request of a batch was told; sent and accepted in a window of ten milliseconds. */
function told({ id: batchId, lane, requests }: Batch, first: number | null, sentAt: number): LedgerLine[] {
  return requests.map(({ id }, place) => ({
    id,
    receipt: receipts.sign({ reservationId: id, campaign, lane, batchId, place, expiresAt: 1 }),
    queueNumber: first === null ? null : first + place,
    sentAt,
    acceptedAt: sentAt + 10,
  }))
}

/**
 * A small campaign that was really decided: six web requests of seven (one was sent twice) and two of the agent lane, and two web
 * requests that wait. `harm` does as the owner what no role of ours may. `ledger`: what the clients were told.
 */
export async function auditedDatabase() {
  const { url } = await freshDatabase()
  const pool = createPool({ url, role: 'junban_operator', name: 'test', log: testLog })
  const allocator = createPool({ url, role: 'junban_allocator', name: 'test', log: testLog, pipeline: true })
  onTestFinished(async () => {
    await Promise.all([pool.end(), allocator.end()])
  })
  const text = campaignFile({ eligibility: 'anyone', cohorts: [] })
  await createCampaign({ pool, master: testKeys.master, text, by: 'test' })
  await pool.query(slots)
  const decideNext = createDecideNext({ pool: allocator, allocator: 'test', log: testLog })
  const append = (one: Batch) => appendBatch(allocator, one, {})
  await append(web1)
  await decideNext(campaign)
  await append(web2)
  await append(agent1)
  while (await decideNext(campaign));
  await append(web3)

  const harm = async (sql: string) => {
    const owner = new pg.Client({ connectionString: url })
    await owner.connect()
    try {
      await owner.query(`
        alter table batches disable row level security;
        alter table reservations disable row level security;
        alter table audit disable row level security;`)
      await owner.query(sql)
    } finally {
      await owner.end()
    }
  }
  const ledger = () => [
    ...told(web1, 1, 1_000),
    ...told(web2, 5, 1_020),
    ...told(agent1, 1, 1_020),
    ...told(web3, 8, 1_040),
  ]
  const writeLedger = (lines: LedgerLine[]) =>
    tempFile('ledger.ndjson', lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  return { url, pool, allocator, append, decideNext: () => decideNext(campaign), harm, ledger, writeLedger, receipts }
}
