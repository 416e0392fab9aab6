import type { Transaction } from '../pool.ts'
import { type FindViolations, selectViolations } from './violations.ts'

/**
 * Every request of the ledger, at the moment of its first attempt, with the highest number among those whose 202 had arrived before
 * that: by a sort and a running maximum, not by pairs. Clocks are the clients' own, so what is the same millisecond is no proof.
 * Those in a batch marked `late` are kept apart: real-time order is not promised for them.
 */
const attempts = `
  select *
    from (select campaign_id, lane, id, number, at, is_answer,
                 max(number) filter (where is_answer and not late) over by_time as passed,
                 max(number) filter (where is_answer and late) over by_time as passed_late
            from (select campaign_id, lane, id, number, late, sent_at as at, false as is_answer from pg_temp.told_requests
                  union all
                  select campaign_id, lane, id, number, late, accepted_at, true from pg_temp.told_requests) moment
           where number is not null
          window by_time as (partition by campaign_id, lane order by at, is_answer rows between unbounded preceding and current row)) attempt
   where not is_answer`

/** Requests that were sent after another's 202 had arrived, and stand before it in the same lane. */
export const findOutOfRealTimeOrder: FindViolations = (tx) =>
  selectViolations(
    tx,
    'find_out_of_real_time_order',
    `
      select attempt.campaign_id as campaign, attempt.lane, attempt.id, attempt.number,
             'a number after ' || passed || ', whose 202 had arrived ' || (attempt.at - earlier.accepted_at)
               || ' ms before this was sent (' || earlier.id || ')' as expected,
             'number ' || attempt.number as found
        from (${attempts} and passed > number) attempt
        left join (select distinct on (campaign_id, lane, number) campaign_id, lane, number, id, accepted_at
                     from pg_temp.told_requests order by campaign_id, lane, number) earlier
               on earlier.campaign_id = attempt.campaign_id and earlier.lane = attempt.lane and earlier.number = passed`,
  )

/** How many requests of the ledger stand before an earlier one that is `late`: allowed, and counted apart. */
export async function countPassedLate(tx: Transaction): Promise<number> {
  const { rows } = await tx.query<{ count: number }>({
    name: 'invariants.count_passed_late',
    text: `select count(*) from (${attempts} and passed_late > number and coalesce(passed, 0) < number) attempt`,
  })
  return rows[0]!.count
}
