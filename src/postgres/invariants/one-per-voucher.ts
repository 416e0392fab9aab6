import { type FindViolations, selectViolations } from './violations.ts'

/** Vouchers with more than one live reservation in a campaign, over all lanes. Named by a reservation; no hash is shown. */
export const findDoubledVouchers: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_doubled_vouchers',
    `
      select campaign_id as campaign, min(lane) as lane, min(id::text) as id, min(queue_number) as number,
             'one live reservation of its voucher' as expected,
             count(*) || ': ' || array_to_string((array_agg(concat_ws(' ', lane, queue_number, id) order by id))[1:4], ', ') as found
        from reservations
       where status in ('booked', 'waitlisted')
       group by campaign_id, voucher_key
      having count(*) > 1`,
  )
