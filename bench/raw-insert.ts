// PROCESS: writes what an allocator writes, with its own statements, and does nothing else: no lock, no reading, no deciding, no
// counting of seats.
import { randomBytes, randomUUID } from 'node:crypto'
import { maxBatchRequests } from '#src/domain/batch.ts'
import { createLogger } from '#src/logger.ts'
import { createPool } from '#src/postgres/pool.ts'
import { insertDecidedBookings } from '#src/postgres/reservations.ts'
import { transaction } from '#src/postgres/transaction.ts'
import { campaignFile, slotIds } from './campaign.ts'
import { bodyOf } from './load/requests.ts'
import { answerOrders } from './orders.ts'

export type RawInsert = { databaseUrl: string; rows: number }
export type RawInserted = { perSecond: number }

/** What a box has more than what is in it: version, key id, iv and tag. */
const boxOverheadBytes = 31
const campaign = campaignFile.id
const lane = 'web'

answerOrders<RawInsert, RawInserted>(async ({ databaseUrl, rows }) => {
  const log = createLogger('warn', 'raw-insert')
  const pool = createPool({
    url: databaseUrl,
    role: 'junban_allocator',
    name: 'raw-insert',
    log,
    max: 1,
    pipeline: true,
  })
  const batches = Array.from({ length: Math.ceil(rows / maxBatchRequests) }, (_, at) => makeBatch(at))
  const start = performance.now()
  for (const batch of batches) await insert(pool, batch)
  const seconds = (performance.now() - start) / 1_000
  await pool.end()
  return { perSecond: (batches.length * maxBatchRequests) / seconds }
})

type Row = ReturnType<typeof makeRow>

const makeBatch = (at: number) => Array.from({ length: maxBatchRequests }, (_, place) => makeRow(at, place))

function makeRow(batch: number, place: number) {
  const number = batch * maxBatchRequests + place + 1
  const { choices, ...personal } = bodyOf(number)
  const box = randomBytes(Buffer.byteLength(JSON.stringify(personal)) + boxOverheadBytes).toString('base64')
  return {
    request: {
      id: randomUUID(),
      number,
      voucherKey: randomBytes(16).toString('hex'),
      waitlist: false,
      notify: true,
      box,
      acceptedAt: Date.now(),
    },
    outcome: 'booked' as const,
    reason: null,
    status: 'booked' as const,
    seats: [{ dose: 1, slotId: choices[0]?.slotId ?? slotIds[0]! }],
  }
}

async function insert(pool: ReturnType<typeof createPool>, rows: Row[]): Promise<void> {
  await transaction(pool, (tx) => insertDecidedBookings(tx, { campaign, lane, decidedAt: Date.now(), bookings: rows }))
}
