import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { from as copyFrom } from 'pg-copy-streams'
import { joinInBulk } from './join-in-bulk.ts'
import type { Transaction } from './pool.ts'

/** A place for an import's vouchers, seen by this connection only and gone with the transaction. */
export async function createStagedVouchers(tx: Transaction): Promise<void> {
  await tx.query(`
    create temp table staged_vouchers (line integer not null, voucher_key bytea not null, fingerprint bytea not null, cohort_id text)
      on commit drop`)
  await joinInBulk(tx)
}

/** One voucher as a line of COPY's text form. Hashes are hex. `cohort` is the id of a cohort, so it holds nothing to escape; null: none. */
export const stagedVoucherLine = (line: number, voucherKey: string, fingerprint: string, cohort: string | null) =>
  `${line}\t\\\\x${voucherKey}\t\\\\x${fingerprint}\t${cohort ?? '\\N'}\n`

/** Streams pieces of text made of whole `stagedVoucherLine`s in, as fast as Postgres takes them. Returns how many rows. */
export async function copyStagedVouchers(tx: Transaction, pieces: AsyncIterable<string>): Promise<number> {
  const copy = tx.query(copyFrom('copy staged_vouchers (line, voucher_key, fingerprint, cohort_id) from stdin'))
  await pipeline(Readable.from(pieces, { objectMode: true, highWaterMark: 2 }), copy)
  await tx.query('analyze staged_vouchers')
  return copy.rowCount
}

/** The lines whose voucher an earlier line has too: the first of them, and how many there are. */
export async function findDoubledVouchers(
  tx: Transaction,
  limit: number,
): Promise<{ line: number; firstLine: number; total: number }[]> {
  const { rows } = await tx.query<{ line: number; firstLine: number; total: number }>({
    name: 'staged_vouchers.find_doubled',
    text: `
      select staged.line, doubled.first_line as "firstLine", count(*) over () as total
        from (select voucher_key, min(line) as first_line from staged_vouchers group by voucher_key having count(*) > 1) doubled
        join staged_vouchers staged using (voucher_key)
       where staged.line > doubled.first_line
       order by staged.line
       limit $1`,
    values: [limit],
  })
  return rows
}
