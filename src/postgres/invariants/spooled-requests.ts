import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import type { Transaction } from '../pool.ts'

/** A place for what waits in the spools. It belongs to the connection. */
export async function createSpooledRequests(tx: Transaction): Promise<void> {
  await tx.query(
    'create temp table spooled_requests (request_id uuid not null, batch_id uuid not null, place integer not null)',
  )
}

/** One spooled request as a line of COPY's text form; both ids are UUIDs. */
export const spooledRequestLine = (requestId: string, batchId: string, place: number) =>
  `${requestId}\t${batchId}\t${place}\n`

/** Streams pieces made of whole `spooledRequestLine`s in. Returns how many rows. */
export async function copySpooledRequests(tx: Transaction, pieces: AsyncIterable<string>): Promise<number> {
  const copy = tx.query(copyFrom('copy pg_temp.spooled_requests (request_id, batch_id, place) from stdin'))
  await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 2 }), copy)
  return copy.rowCount
}
