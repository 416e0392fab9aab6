import { timingSafeEqual } from 'node:crypto'
import type { Key } from '../config.ts'
import { type Lane, lanes } from '../domain/lane.ts'
import { createMac } from './hmac.ts'

/** What a receipt says: whose it is, and where its request was put. `expiresAt` in epoch seconds. */
export type Receipt = {
  reservationId: string
  campaign: string
  lane: Lane
  batchId: string
  place: number
  expiresAt: number
}

/** A receipt can be used for so long after its campaign has closed. */
const secondsAfterClosing = 180 * 86_400

/** When the receipts of a campaign expire, in epoch seconds. `closesAt` in epoch ms. */
export const receiptsExpireAt = (closesAt: number) => Math.floor(closesAt / 1_000) + secondsAfterClosing

const version = 1
const tagBytes = 16
const uuidBytes = 16

/**
 * Signs and checks receipts. Form, as base64url: version (1 byte) | expiry (4) | lane (1) | place (2) | reservation id (16) |
 * batch id (16) | length and text of the campaign's id | length and text of the key's id | HMAC-SHA-256, first 16 bytes.
 */
export function createReceipts(ring: Key[]) {
  const keys = ring.map(({ id, secret }) => ({ id, mac: createMac(secret) }))
  const newest = keys[0]
  if (!newest) throw new Error('bug: no receipt key')

  function sign(receipt: Receipt): string {
    const { id, mac } = newest!
    const campaignEnd = 41 + Buffer.byteLength(receipt.campaign)
    const bodyEnd = campaignEnd + 1 + id.length
    const bytes = Buffer.allocUnsafe(bodyEnd + tagBytes)
    bytes.writeUInt8(version, 0)
    bytes.writeUInt32BE(Math.min(receipt.expiresAt, 0xffff_ffff), 1)
    bytes.writeUInt8(lanes.indexOf(receipt.lane), 5)
    bytes.writeUInt16BE(receipt.place, 6)
    bytes.write(receipt.reservationId.replaceAll('-', ''), 8, 'hex')
    bytes.write(receipt.batchId.replaceAll('-', ''), 24, 'hex')
    bytes.writeUInt8(campaignEnd - 41, 40)
    bytes.write(receipt.campaign, 41)
    bytes.writeUInt8(id.length, campaignEnd)
    bytes.write(id, campaignEnd + 1, 'latin1')
    bytes.write(mac(bytes.subarray(0, bodyEnd), 'latin1').slice(0, tagBytes), bodyEnd, 'latin1')
    return bytes.toString('base64url')
  }

  /** Null for whatever we did not sign, or signed too long ago. `nowSeconds` is the database's clock. */
  function verify(token: string, nowSeconds: number): Receipt | null {
    const bytes = Buffer.from(token, 'base64url')
    // Base64 is forgiving, and a receipt with a character changed must not be a receipt.
    if (bytes.length < 44 + tagBytes || bytes.length > 400 || bytes.toString('base64url') !== token) return null
    const body = bytes.subarray(0, -tagBytes)
    const campaignEnd = 41 + body[40]!
    const keyId = body.toString('latin1', campaignEnd + 1)
    const key = keys.find(({ id }) => id === keyId)
    if (body[0] !== version || !key || body[campaignEnd] !== keyId.length) return null
    const tag = Buffer.from(key.mac(body, 'latin1').slice(0, tagBytes), 'latin1')
    if (!timingSafeEqual(tag, bytes.subarray(-tagBytes))) return null
    const lane = lanes[body[5]!]
    const expiresAt = body.readUInt32BE(1)
    if (!lane || expiresAt < nowSeconds) return null
    return {
      reservationId: uuidAt(body, 8),
      batchId: uuidAt(body, 24),
      campaign: body.toString('utf8', 41, campaignEnd),
      lane,
      place: body.readUInt16BE(6),
      expiresAt,
    }
  }

  return { sign, verify }
}
export type Receipts = ReturnType<typeof createReceipts>

function uuidAt(bytes: Buffer, at: number): string {
  const hex = bytes.toString('hex', at, at + uuidBytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
