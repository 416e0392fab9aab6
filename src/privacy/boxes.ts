import { createCipheriv, createDecipheriv, randomFillSync } from 'node:crypto'
import type { Person } from '../domain/reservation.ts'
import type { DataKey } from './data-keys.ts'

/** What can be read back of a person, by an operator whose look is recorded. */
export type Personal = { voucher: string; birthDate: string; person?: Person | undefined }

/** Where a box stands. `row` of the functions below: a reservation's id, or the fingerprint (hex) of who asks for a receipt. */
export type BoxColumn = 'reservations.box' | 'recoveries.box'

const version = 1
const ivBytes = 12
const tagBytes = 16
const headerBytes = 3

/**
 * Seals what can be read back of a person: AES-256-GCM under the campaign's own data key, bound to its row by the additional
 * data. Form: version (1 byte) | key id (2) | iv (12) | ciphertext | tag (16), as base64.
 */
export function seal(personal: Personal, key: DataKey, row: string, column: BoxColumn = 'reservations.box'): string {
  const iv = nextIv()
  const cipher = createCipheriv('aes-256-gcm', key.secret, iv)
  cipher.setAAD(Buffer.from(`${column} ${row}`))
  const text = cipher.update(JSON.stringify(personal), 'utf8')
  cipher.final() // GCM keeps nothing back
  const box = Buffer.allocUnsafe(headerBytes + ivBytes + text.length + tagBytes)
  box[0] = version
  box.writeUInt16BE(key.id, 1)
  box.set(iv, headerBytes)
  box.set(text, headerBytes + ivBytes)
  box.set(cipher.getAuthTag(), box.length - tagBytes)
  return box.toString('base64')
}

/** Opens a box. Throws when it was changed, moved to another row, or its key is not among `keys` (erased). */
export function open(box: Buffer, keys: DataKey[], row: string, column: BoxColumn = 'reservations.box'): Personal {
  const key = keys.find(({ id }) => id === box.readUInt16BE(1))
  if (box[0] !== version || !key) throw new Error('the box has no key: it was erased, or is of another campaign')
  const body = box.subarray(headerBytes + ivBytes, box.length - tagBytes)
  const decipher = createDecipheriv('aes-256-gcm', key.secret, box.subarray(headerBytes, headerBytes + ivBytes))
  decipher.setAAD(Buffer.from(`${column} ${row}`))
  decipher.setAuthTag(box.subarray(box.length - tagBytes))
  return JSON.parse(Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8'))
}

// One call to the system's randomness serves a thousand boxes.
const randomness = Buffer.alloc(ivBytes * 1000)
let used = randomness.length
function nextIv(): Buffer {
  if (used === randomness.length) {
    randomFillSync(randomness)
    used = 0
  }
  used += ivBytes
  return randomness.subarray(used - ivBytes, used)
}
