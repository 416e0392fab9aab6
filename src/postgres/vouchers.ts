import type { Transaction } from './pool.ts'

/**
 * Adds the vouchers of `staged_vouchers` that the register lacks. The register is locked (`lockRegister`): nobody else adds.
 * Returns how many. In the order of the primary key: its index then grows at one end.
 */
export async function insertStagedVouchers(tx: Transaction, campaign: string): Promise<number> {
  const { rowCount } = await tx.query({
    name: 'vouchers.insert_staged',
    text: `
      insert into vouchers (campaign_id, fingerprint, voucher_key, cohort_id)
      select $1, staged.fingerprint, staged.voucher_key, staged.cohort_id
        from staged_vouchers staged
       where not exists (
         select from vouchers where vouchers.campaign_id = $1 and vouchers.voucher_key = staged.voucher_key)
       order by staged.fingerprint`,
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

export type RegisterDiff = {
  new: number
  changed: number
  same: number
  gone: number
  /** Of those changed and of those gone, how many have a live reservation. */
  changedInUse: number
  goneInUse: number
}

/** How the register differs from `staged_vouchers`: what an import would do. */
export async function diffStagedVouchers(tx: Transaction, campaign: string): Promise<RegisterDiff> {
  const { rows } = await tx.query<RegisterDiff>({
    name: 'vouchers.diff_staged',
    text: `
      with known as (select * from vouchers where campaign_id = $1),
      live as (select voucher_key from reservations where campaign_id = $1 and status in ('booked', 'waitlisted')),
      compared as (
        select known.voucher_key is null as is_new, staged.voucher_key is null as is_gone,
               (known.fingerprint, known.cohort_id) is distinct from (staged.fingerprint, staged.cohort_id) as differs,
               live.voucher_key is not null as in_use
          from known
          full join staged_vouchers staged on staged.voucher_key = known.voucher_key
          left join live on live.voucher_key = known.voucher_key
      )
      select count(*) filter (where is_new) as new,
             count(*) filter (where not is_new and not is_gone and differs) as changed,
             count(*) filter (where not is_new and not is_gone and not differs) as same,
             count(*) filter (where is_gone) as gone,
             count(*) filter (where not is_new and not is_gone and differs and in_use) as "changedInUse",
             count(*) filter (where is_gone and in_use) as "goneInUse"
        from compared`,
    values: [campaign],
  })
  return rows[0]!
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
