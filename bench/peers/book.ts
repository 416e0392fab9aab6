import type pg from 'pg'
import type { BookRequest } from '#src/domain/batch.ts'

export type Booked = { status: string; reason: string | null }

type Checked = { slotId: string; free: number; live: boolean; earlier: string | null; earlierReason: string | null }

/** A rival with the same voucher committed between our check and our insert: look again, once. */
const uniqueViolation = '23505'

/**
 * Lock, check, insert, commit: one short transaction for one request, in as few round trips as that takes, with prepared statements.
 * The locked row is the slot that is asked for, so requests for different slots do not wait for each other.
 */
export async function book(pool: pg.Pool, campaign: string, request: BookRequest): Promise<Booked> {
  const client = await pool.connect()
  try {
    return await bookOnce(client, campaign, request).catch((err) => {
      if (err.code !== uniqueViolation) throw err
      return bookOnce(client, campaign, request)
    })
  } finally {
    client.release()
  }
}

async function bookOnce(client: pg.PoolClient, campaign: string, request: BookRequest): Promise<Booked> {
  await client.query('begin')
  try {
    let booked: Booked = { status: 'rejected', reason: 'sold-out' }
    let slotId: string | null = null
    for (const choice of request.choices) {
      if (!('slotId' in choice)) throw new Error('this peer books slots by their id only: nothing else is asked of it')
      const checked = await lockAndCheck(client, campaign, choice.slotId, request)
      if (!checked) continue
      if (checked.earlier) {
        await client.query('rollback')
        return { status: checked.earlier, reason: checked.earlierReason }
      }
      if (checked.live) booked = { status: 'rejected', reason: 'voucher-used' }
      else if (checked.free > 0) {
        booked = { status: 'booked', reason: null }
        slotId = checked.slotId
      } else continue
      break
    }
    await insert(client, campaign, request, booked, slotId)
    await client.query('commit')
    return booked
  } catch (err) {
    await client.query('rollback')
    throw err
  }
}

async function lockAndCheck(client: pg.PoolClient, campaign: string, slotId: string, request: BookRequest) {
  const { rows } = await client.query<Checked>({
    name: 'lock-and-check',
    text: `
      select slots.id as "slotId", slots.capacity - slots.booked as free,
             exists (select from reservations live
                      where live.campaign_id = $1 and live.voucher_key = $3 and live.status in ('booked', 'waitlisted')) as live,
             earlier.status as earlier, earlier.reason as "earlierReason"
        from slots left join reservations earlier on earlier.id = $4
       where slots.campaign_id = $1 and slots.id = $2
         for no key update of slots`,
    values: [campaign, slotId, Buffer.from(request.voucherKey, 'hex'), request.id],
  })
  return rows[0]
}

/** The reservation, its seat, its appointment and what is to be told, in one statement. */
async function insert(
  client: pg.PoolClient,
  campaign: string,
  request: BookRequest,
  { status, reason }: Booked,
  slotId: string | null,
): Promise<void> {
  await client.query({
    name: 'insert',
    text: `
      with reserved as (
        insert into reservations (id, campaign_id, voucher_key, status, reason, waitlist, box)
        values ($1, $2, $3, $4, $5, $6, $7)
      ), seated as (
        update slots set booked = booked + 1 where campaign_id = $2 and id = $8
        returning id
      ), appointed as (
        insert into appointments (reservation_id, dose, campaign_id, slot_id) select $1, 1, $2, id from seated
      )
      insert into outbox (campaign_id, reservation_id, event) select $2, $1, $4 where $9`,
    values: [
      request.id,
      campaign,
      Buffer.from(request.voucherKey, 'hex'),
      status,
      reason,
      request.waitlist,
      Buffer.from(request.box, 'base64'),
      slotId,
      request.notify,
    ],
  })
}
