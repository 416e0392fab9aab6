import { hkdfSync } from 'node:crypto'
import type { Key } from '../config.ts'
import { createMac } from './hmac.ts'

/** Of a hash of a person: 16 bytes, as hex. */
const hashDigits = 32

/**
 * The keyed hashes by which a person is known outside their box. Vouchers and birth dates are few enough to be tried one by
 * one, so a hash without a key would hide nothing. Each use has a key of its own, derived from `JUNBAN_VOUCHER_KEY` (HKDF).
 */
export function createFingerprints(voucherKey: Key) {
  const derive = (use: string) => createMac(Buffer.from(hkdfSync('sha256', voucherKey.secret, '', `junban/${use}`, 32)))
  const personMac = derive('voucher-with-birth-date')
  const voucherMac = derive('voucher')
  const requestMac = derive('reservation-id')
  const commandMac = derive('command-id')

  return {
    /** Voucher with birth date: is this pair in the register? */
    person: (campaign: string, voucher: string, birthDate: string) =>
      personMac(`${campaign}\0${voucher}\0${birthDate}`, 'hex').slice(0, hashDigits),
    /** The voucher alone: one reservation each. */
    voucher: (campaign: string, voucher: string) => voucherMac(`${campaign}\0${voucher}`, 'hex').slice(0, hashDigits),
    /**
     * A reservation's id, a UUID of version 8: the same campaign, `Idempotency-Key` (or its absence) and parsed body give the
     * same id, so a request that is sent again is known again with nothing stored.
     */
    reservationId: (campaign: string, idempotencyKey: string | undefined, body: unknown) =>
      toUuid(requestMac(JSON.stringify([campaign, idempotencyKey ?? null, body]), 'hex')),
    /**
     * A command's id, with an `Idempotency-Key`: the same command sent again is the same. Without one each is another, because
     * moving there, back, and there again must move.
     */
    commandId: (reservationId: string, idempotencyKey: string, command: unknown) =>
      toUuid(commandMac(JSON.stringify([reservationId, idempotencyKey, command]), 'hex')),
  }
}
export type Fingerprints = ReturnType<typeof createFingerprints>

const variants = '89ab'

/** The first 16 bytes, given as hex, as a UUID of version 8 (RFC 9562: bits of our own making). */
function toUuid(hex: string): string {
  const variant = variants[Number.parseInt(hex[16]!, 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
