import type { KnownPair } from '../domain/reservation.ts'
import { open, type Personal } from './boxes.ts'
import type { DataKey } from './data-keys.ts'

/** Opens a reservation's box for who knows its voucher and birth date; null for anybody else, and when it cannot be opened. */
export function openFor(
  { voucher, birthDate }: KnownPair,
  { id, box }: { id: string; box: Buffer | null },
  keys: DataKey[],
): Personal | null {
  if (!box) return null
  try {
    const personal = open(box, keys, id)
    return personal.voucher === voucher && personal.birthDate === birthDate ? personal : null
  } catch {
    return null
  }
}
