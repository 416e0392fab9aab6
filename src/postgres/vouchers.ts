import type { Transaction } from './pool.ts'

/**
 * Adds the vouchers of `staged_vouchers` that the register lacks. The register is locked (`lockRegister`): nobody else adds.
 * Returns how many.
 */
export async function insertStagedVouchers(tx: Transaction, campaign: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'vouchers.insert_staged',
    text: `
      insert into vouchers (campaign_id, fingerprint, voucher_key, cohort_id)
      select $1, staged.fingerprint, staged.voucher_key, staged.cohort_id
        from staged_vouchers staged
       where not exists (
         select from vouchers where vouchers.campaign_id = $1 and vouchers.voucher_key = staged.voucher_key)`,
    values: [campaign],
  })
  return rowCount ?? 0
}

/** Gives known vouchers the birth date and cohort of `staged_vouchers`, where these differ. Returns how many. */
export async function updateStagedVouchers(tx: Transaction, campaign: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'vouchers.update_staged',
    text: `
      update vouchers
         set fingerprint = staged.fingerprint, cohort_id = staged.cohort_id
        from staged_vouchers staged
       where vouchers.campaign_id = $1 and vouchers.voucher_key = staged.voucher_key
         and (vouchers.fingerprint, vouchers.cohort_id) is distinct from (staged.fingerprint, staged.cohort_id)`,
    values: [campaign],
  })
  return rowCount ?? 0
}

/** How many vouchers of the register are not in `staged_vouchers`. */
export async function countGoneVouchers(tx: Transaction, campaign: string): Promise<number> {
  const { rows } = await tx.query<{ gone: number }>({
    name: 'vouchers.count_gone',
    text: `
      select count(*) as gone
        from vouchers
       where campaign_id = $1
         and not exists (select from staged_vouchers staged where staged.voucher_key = vouchers.voucher_key)`,
    values: [campaign],
  })
  return rows[0]!.gone
}

/** Removes the vouchers that are not in `staged_vouchers`. Returns how many. */
export async function deleteGoneVouchers(tx: Transaction, campaign: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'vouchers.delete_gone',
    text: `
      delete from vouchers
       where campaign_id = $1
         and not exists (select from staged_vouchers staged where staged.voucher_key = vouchers.voucher_key)`,
    values: [campaign],
  })
  return rowCount ?? 0
}
