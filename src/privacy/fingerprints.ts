import { createHmac, createSecretKey, hkdfSync } from 'node:crypto'
import type { Key } from '../config.ts'

const hashBytes = 16

/**
 * The keyed hashes by which a person is known outside their box. Vouchers and birth dates are few enough to be tried one by
 * one, so a hash without a key would hide nothing. Each use has a key of its own, derived from `JUNBAN_VOUCHER_KEY` (HKDF).
 */
export function createFingerprints(voucherKey: Key) {
  const derive = (use: string) =>
    createSecretKey(Buffer.from(hkdfSync('sha256', voucherKey.secret, '', `junban/${use}`, 32)))
  const personKey = derive('voucher-with-birth-date')
  const voucherOnlyKey = derive('voucher')
  const requestKey = derive('reservation-id')
  const commandKey = derive('command-id')

  const hmac = (key: typeof personKey, text: string) =>
    createHmac('sha256', key).update(text).digest().subarray(0, hashBytes)
  const hmacHex = (key: typeof personKey, text: string) => createHmac('sha256', key).update(text).digest('hex')

  return {
    /** Voucher with birth date: is this pair in the register? 16 bytes. */
    person: (campaign: string, voucher: string, birthDate: string) =>
      hmac(personKey, `${campaign}\0${voucher}\0${birthDate}`),
    /** The voucher alone: one reservation each. 16 bytes. */
    voucher: (campaign: string, voucher: string) => hmac(voucherOnlyKey, `${campaign}\0${voucher}`),
    /**
     * A reservation's id, a UUID of version 8: the same campaign, `Idempotency-Key` (or its absence) and parsed body give the
     * same id, so a request that is sent again is known again with nothing stored.
     */
    reservationId: (campaign: string, idempotencyKey: string | undefined, body: unknown) =>
      toUuid(hmacHex(requestKey, JSON.stringify([campaign, idempotencyKey ?? null, body]))),
    /**
     * A command's id, with an `Idempotency-Key`: the same command sent again is the same. Without one each is another, because
     * moving there, back, and there again must move.
     */
    commandId: (reservationId: string, idempotencyKey: string, command: unknown) =>
      toUuid(hmacHex(commandKey, JSON.stringify([reservationId, idempotencyKey, command]))),
  }
}
export type Fingerprints = ReturnType<typeof createFingerprints>

const variants = '89ab'

/** The first 16 bytes, given as hex, as a UUID of version 8 (RFC 9562: bits of our own making). */
function toUuid(hex: string): string {
  const variant = variants[Number.parseInt(hex[16]!, 16) & 3]
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
