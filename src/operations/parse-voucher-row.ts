import { BirthDate, Voucher } from '../domain/reservation.ts'
import { foldDay } from './read-dates.ts'

/** The columns of a register's CSV, in the order of their cells here. */
export const voucherColumns = ['voucher', 'birthDate', 'cohort']

export type VoucherRow = { voucher: string; birthDate: string; cohort: string | null }

/** Makes the parser of one campaign's rows; a string says what is wrong, without repeating what is personal. */
export function createVoucherRowParser({ pattern, cohorts }: { pattern: string; cohorts: string[] }) {
  const wanted = new RegExp(pattern, 'u')
  const known = new Set(cohorts)
  const unknownCohort =
    cohorts.length > 0
      ? `cohort is none of ${cohorts.slice(0, 5).join(', ')}${cohorts.length > 5 ? ', …' : ''}`
      : 'cohort is given, but the campaign has none'

  return (cells: string[]): VoucherRow | string => {
    const voucher = Voucher.safeParse(cells[0])
    if (!voucher.success) return `voucher ${voucher.error.issues[0]!.message}`
    if (!wanted.test(voucher.data)) return `voucher does not fit ${pattern}`
    const birthDate = BirthDate.safeParse(foldDay(cells[1]!))
    if (!birthDate.success) return `birthDate ${birthDate.error.issues[0]!.message}`
    const cohort = cells[2]!.normalize('NFKC')
    if (cohort !== '' && !known.has(cohort)) return unknownCohort
    return { voucher: voucher.data, birthDate: birthDate.data, cohort: cohort || null }
  }
}
