import type { Transaction } from '../pool.ts'

/** A place for the log taken apart: a row per request. It belongs to the connection. */
export async function createLoggedRequests(tx: Transaction): Promise<void> {
  await tx.query(`
    create temp table logged_requests (
      campaign_id text not null, lane text not null, number bigint, request_id uuid, batch_id uuid not null, place integer not null,
      waiting boolean, late boolean not null, denied_choices text
    )`)
  await tx.query('create temp table unreadable_batches (batch_id uuid not null)')
}

// `number` is null for what stands in a batch beyond its last number. Choices are kept only of those who got no seat. `offset 0`
// keeps the planner from taking each request apart once per use of its id.
const takeApart = `
  insert into pg_temp.logged_requests
  select campaign_id, lane, number, request_id, batch_id, place, number > serving_number, late,
         case when denied.request_id is not null then request ->> 'choices' end
    from (select batches.campaign_id, batches.lane, batches.id as batch_id, late, request, (place - 1)::integer as place,
                 case when place <= last_number - first_number + 1 then first_number + place - 1 end as number,
                 (request ->> 'id')::uuid as request_id
            from batches cross join lateral json_array_elements(requests::json) with ordinality as element (request, place)
           where requests is not null and (only_id is null or batches.id = only_id)
          offset 0) logged
    left join lane_progress using (campaign_id, lane)
    left join (select distinct request_id, number from decisions
                where kind = 'book' and (reason = 'sold-out' or outcome = 'waitlisted')) denied
           using (request_id, number)`

/**
 * Takes the log apart, in Postgres and in one pass. A batch that is no array of requests is noted in `unreadable_batches`: then all
 * are read one by one, which is slow and should never be.
 */
export async function readLoggedRequests(tx: Transaction): Promise<void> {
  await tx.query(`
    do $$
    declare
      only_id uuid;
    begin
      ${takeApart};
    exception when data_exception then
      for only_id in select id from batches where requests is not null loop
        begin
          ${takeApart};
        exception when data_exception then
          insert into pg_temp.unreadable_batches values (only_id);
        end;
      end loop;
    end $$`)
  await tx.query('analyze pg_temp.logged_requests')
}
