import { createHash } from 'node:crypto'

const maxIdLength = 128

/**
 * The id of a slot that came without one: its location and start (epoch ms), in UTC, so that the same slot imported again has
 * the same id. As `shibuya@20261201T0030Z`.
 */
export function makeSlotId(locationId: string, startsAt: number): string {
  const start = new Date(startsAt).toISOString().replace(/[-:]/g, '').replace('.000Z', 'Z').replace(/00Z$/, 'Z')
  const id = `${locationId}@${start}`
  if (id.length <= maxIdLength) return id
  return `${createHash('sha256').update(locationId).digest('base64url')}@${start}`
}
