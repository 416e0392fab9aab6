import type { Transaction } from '../pool.ts'

/** How much there is to audit. */
export type Extent = {
  batches: number
  accepted: number
  served: number
  waiting: number
  setAside: number
  decisions: number
  reservations: number
  live: number
  /** Reservations that ever had a place in line, and those that wait there. */
  placed: number
  line: number
  appointments: number
  slots: number
  lanes: number
  lateBatches: number
  /** Requests whose batch was emptied: who asked under which number can no longer be checked. */
  emptied: number
  /** Requests denied a seat whose choices are known. */
  denied: number
  /** Changes across which it cannot be proved who lost a seat to whom. */
  changes: number
  told: number
  toldIds: number
  toldWaiting: number
  toldReceipts: number
}

/** Counts what the invariants were checked on. */
export async function readExtent(tx: Transaction): Promise<Extent> {
  const { rows } = await tx.query<Extent>({
    name: 'invariants.read_extent',
    text: `
      select *, changed + imports as changes
        from (select count(*) as batches, coalesce(sum(last_number - first_number + 1), 0)::bigint as accepted,
                     count(*) filter (where late) as "lateBatches",
                     coalesce(sum(last_number - first_number + 1) filter (where requests is null), 0)::bigint as emptied from batches) a,
             (select count(*) as lanes, coalesce(sum(least(serving_number, accepted_number)), 0)::bigint as served,
                     coalesce(sum(greatest(accepted_number - serving_number, 0)), 0)::bigint as waiting
                from lanes join lane_progress using (campaign_id, lane)) b,
             (select count(*) filter (where settled_at is null) as "setAside" from set_aside) c,
             (select count(*) as decisions, count(*) filter (where kind <> 'book' and outcome = 'done') as changed from decisions) d,
             (select count(*) as reservations, count(*) filter (where status in ('booked', 'waitlisted')) as live,
                     count(waitlist_place) as placed, count(*) filter (where status = 'waitlisted') as line from reservations) e,
             (select count(*) as appointments from appointments) f,
             (select count(*) as slots from slots) g,
             (select count(*) filter (where denied_choices is not null) as denied from pg_temp.logged_requests) h,
             (select count(*) as imports from audit where action like 'slot%' or action = 'campaign.change') i,
             (select count(*) as told, count(batch_id) + count(receipt_fault) as "toldReceipts" from pg_temp.told) j,
             (select count(*) as "toldIds", count(*) filter (where pending and not decided) as "toldWaiting" from pg_temp.told_requests) k`,
  })
  return rows[0]!
}
