import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { Key } from '../config.ts'

/** The key under which one campaign's boxes are sealed. Erasing its wrapped form erases the campaign's people, everywhere. */
export type DataKey = { id: number; secret: KeyObject }

/** A data key as Postgres keeps it: AES-256-GCM under a master key: iv (12 bytes) | ciphertext (32) | tag (16). */
export type WrappedKey = { keyId: number; masterKeyId: string; wrapped: Buffer }

/** Makes a data key for a campaign, wrapped by the newest master key. */
export function makeDataKey(campaign: string, keyId: number, master: Key[]): WrappedKey {
  const newest = master[0]
  if (!newest) throw new Error('bug: no master key')
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', newest.secret, iv)
  cipher.setAAD(boundTo(campaign, keyId))
  const wrapped = Buffer.concat([iv, cipher.update(randomBytes(32)), cipher.final(), cipher.getAuthTag()])
  return { keyId, masterKeyId: newest.id, wrapped }
}

/** Unwraps a campaign's data key. Throws when no master key fits. */
export function unwrapDataKey(campaign: string, { keyId, masterKeyId, wrapped }: WrappedKey, master: Key[]): DataKey {
  const key = master.find(({ id }) => id === masterKeyId)
  if (!key)
    throw new Error(`JUNBAN_MASTER_KEYS lacks the key "${masterKeyId}" that wraps the data key of campaign ${campaign}`)
  const decipher = createDecipheriv('aes-256-gcm', key.secret, wrapped.subarray(0, 12))
  decipher.setAAD(boundTo(campaign, keyId))
  decipher.setAuthTag(wrapped.subarray(-16))
  const secret = Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
  return { id: keyId, secret: createSecretKey(secret) }
}

const boundTo = (campaign: string, keyId: number) => Buffer.from(`campaign_keys.wrapped ${campaign} ${keyId}`)
