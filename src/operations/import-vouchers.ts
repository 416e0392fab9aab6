import { UserError } from '../errors.ts'
import { insertAudit } from '../postgres/audit.ts'
import { raiseRegisterVersion, readCampaign } from '../postgres/campaigns.ts'
import { readCohorts } from '../postgres/cohorts.ts'
import { lockRegister } from '../postgres/locks.ts'
import type { Pool, Transaction } from '../postgres/pool.ts'
import {
  copyStagedVouchers,
  createStagedVouchers,
  findDoubledVouchers,
  stagedVoucherLine,
} from '../postgres/staged-vouchers.ts'
import { transaction } from '../postgres/transaction.ts'
import {
  deleteGoneVouchers,
  diffStagedVouchers,
  insertStagedVouchers,
  type RegisterDiff,
  updateStagedVouchers,
} from '../postgres/vouchers.ts'
import type { Fingerprints } from '../privacy/fingerprints.ts'
import { createBadRows, maxBadRowsNamed } from './bad-rows.ts'
import { createVoucherRowParser, voucherColumns } from './parse-voucher-row.ts'
import { type CsvRow, readCsv } from './read-csv.ts'
import { detectEncoding, type Encoding } from './read-lines.ts'

/** `gone`: in the register and not in the file; they are removed only when asked for. `applied`: false after a dry run. */
export type VouchersImported = RegisterDiff & { rows: number; removed: number; applied: boolean; encoding: Encoding }

/**
 * Imports a campaign's register from a CSV file: all of it or, with a BadRowsError that names lines, nothing. The file is staged
 * as hashes only, compared with the register, then applied in the same transaction; decisions go on meanwhile, by the register as it
 * was. A change or removal that touches a live reservation is refused unless `force`.
 */
export async function importVouchers({
  pool,
  campaign,
  file,
  fingerprints,
  prune = false,
  dryRun = false,
  force = false,
  by,
  progress,
}: {
  pool: Pool
  campaign: string
  file: string
  fingerprints: Fingerprints
  /** Removes the vouchers that are not in the file. */
  prune?: boolean
  /** Compares, and changes nothing. */
  dryRun?: boolean
  /** Applies it though people with a live reservation are changed or removed. Their reservations stay. */
  force?: boolean
  by: string
  progress?: (rows: number) => void
}): Promise<VouchersImported> {
  const encoding = await detectEncoding(file)
  return transaction(pool, async (tx) => {
    const known = await readCampaign(tx, campaign)
    if (!known) throw new UserError(`there is no campaign ${campaign}`)
    if (known.eligibility === 'anyone') throw new UserError(`campaign ${campaign} takes anyone: it has no register`)
    await lockRegister(tx, campaign)
    const bad = createBadRows()
    await createStagedVouchers(tx)
    const cohorts = (await readCohorts(tx, campaign)).map(({ id }) => id)
    const parse = createVoucherRowParser({ pattern: known.voucherPattern, cohorts })
    const report = (line: number, message: string) => bad.add(file, line, message)
    const found = readCsv(file, { encoding, columns: voucherColumns, optional: ['cohort'], bad })
    const rows = await copyStagedVouchers(tx, stageRows(found, { campaign, parse, fingerprints, report, progress }))
    bad.addFound(
      await findDoubledVouchers(tx, maxBadRowsNamed),
      () => file,
      ({ firstLine }) => `has the voucher of line ${firstLine}`,
    )
    bad.throwIfAny()
    const diff = await diffStagedVouchers(tx, campaign)
    if (dryRun) return { ...diff, rows, removed: 0, applied: false, encoding }
    const inUse = diff.changedInUse + (prune ? diff.goneInUse : 0)
    if (inUse > 0 && !force)
      throw new UserError(
        `${inUse} of the vouchers that would be ${prune ? 'changed or removed' : 'changed'} have a live reservation: ` +
          'look with --dry-run, apply with --force (the reservations stay)',
      )
    const removed = await applyStaged(tx, campaign, { diff, prune })
    const imported = { ...diff, rows, removed, applied: true, encoding }
    await insertAudit(tx, { operator: by, action: 'vouchers.import', campaign, detail: imported })
    return imported
  })
}

/** The file's good rows, hashed, as lines for `copyStagedVouchers`. */
async function* stageRows(
  rows: AsyncIterable<CsvRow[]>,
  {
    campaign,
    parse,
    fingerprints,
    report,
    progress,
  }: {
    campaign: string
    parse: ReturnType<typeof createVoucherRowParser>
    fingerprints: Fingerprints
    report: (line: number, message: string) => void
    progress: ((rows: number) => void) | undefined
  },
): AsyncGenerator<string> {
  let read = 0
  for await (const group of rows) {
    let piece = ''
    for (const { line, cells } of group) {
      const row = parse(cells)
      if (typeof row === 'string') {
        report(line, row)
        continue
      }
      const voucherKey = fingerprints.voucher(campaign, row.voucher)
      const fingerprint = fingerprints.person(campaign, row.voucher, row.birthDate)
      piece += stagedVoucherLine(line, voucherKey, fingerprint, row.cohort)
    }
    read += group.length
    progress?.(read)
    if (piece !== '') yield piece
  }
}

/** Returns how many were removed. */
async function applyStaged(
  tx: Transaction,
  campaign: string,
  { diff, prune }: { diff: RegisterDiff; prune: boolean },
): Promise<number> {
  const removed = prune && diff.gone > 0 ? await deleteGoneVouchers(tx, campaign) : 0
  if (diff.changed > 0) await updateStagedVouchers(tx, campaign)
  if (diff.new > 0) await insertStagedVouchers(tx, campaign)
  if (removed + diff.changed + diff.new > 0) await raiseRegisterVersion(tx, campaign)
  return removed
}
