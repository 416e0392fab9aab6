import { type CommandRequest, isCommand, type QueuedRequest } from '../domain/batch.ts'
import type { LastCommand } from '../domain/command.ts'
import type { Queryable } from './pool.ts'

/** The rows of `commands` that go into the log with a batch, as columns; null when it holds none. */
export function commandColumns(requests: QueuedRequest[]): [string[], string[], CommandRequest['kind'][]] | null {
  const commands = requests.filter(isCommand)
  if (commands.length === 0) return null
  return [
    commands.map(({ id }) => id),
    commands.map(({ reservationId }) => reservationId),
    commands.map(({ kind }) => kind),
  ]
}

/** The last command on each of these reservations that is in the log, if there is one, and what became of it. */
export async function readLastCommands(db: Queryable, reservationIds: string[]): Promise<Map<string, LastCommand>> {
  const { rows } = await db.query<LastCommand & { reservationId: string }>({
    name: 'commands.read_last',
    text: `
      select distinct on (commands.reservation_id) commands.reservation_id as "reservationId", commands.request_id as id,
             commands.kind, coalesce(outcome, 'queued') as status, reason
        from commands
        left join decisions on decisions.request_id = commands.request_id and decisions.kind <> 'book'
       where commands.reservation_id = any($1)
       order by commands.reservation_id, logged desc`,
    values: [reservationIds],
  })
  return new Map(rows.map(({ reservationId, ...command }) => [reservationId, command]))
}
