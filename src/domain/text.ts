import { z } from 'zod'

// Controls, lone surrogates, and format characters: those reverse or hide text when an operator reads it back.
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}]/u

/** Text that people type: NFC, no control characters, nothing invisible. Length in UTF-16 units. */
export function text(maxLength: number) {
  return z
    .string()
    .min(1)
    .max(maxLength)
    .refine((value) => !unsafe.test(value), 'holds control or invisible characters')
    .overwrite((value) => value.normalize('NFC').trim())
    .min(1)
}

const plainAscii = /^[!-~]+$/

/**
 * A code that people copy from paper. Japanese keyboards produce full-width digits (０１２３): they are folded with
 * NFKC before anything is checked, so that the same voucher is the same voucher.
 */
export function code(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .overwrite((value) => (plainAscii.test(value) ? value : value.normalize('NFKC').trim()))
    .regex(plainAscii, 'holds other than visible ASCII characters')
}
