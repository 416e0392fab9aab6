import { NewAnnouncement } from '../domain/announcement.ts'
import { UserError } from '../errors.ts'
import { clearAnnouncements, insertAnnouncement } from '../postgres/announcements.ts'
import { insertAudit } from '../postgres/audit.ts'
import { lockAnnouncing } from '../postgres/locks.ts'
import type { Pool } from '../postgres/pool.ts'
import { transaction } from '../postgres/transaction.ts'

/** Tells everybody; what was announced before goes. Throws a UserError that names what is wrong with the text. */
export async function announce({
  pool,
  announcement,
  by,
}: {
  pool: Pool
  announcement: unknown
  by: string
}): Promise<NewAnnouncement> {
  const parsed = NewAnnouncement.safeParse(announcement)
  if (!parsed.success)
    throw new UserError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
  const { ja, en, expectedAt } = parsed.data
  await transaction(pool, async (tx) => {
    await lockAnnouncing(tx)
    await clearAnnouncements(tx)
    await insertAnnouncement(tx, { ja, en, expectedAt: expectedAt === null ? null : Date.parse(expectedAt) })
    await insertAudit(tx, { operator: by, action: 'announcement.put', detail: parsed.data })
  })
  return parsed.data
}

/** Takes the announcement away. False when there was none. */
export async function clearAnnouncement({ pool, by }: { pool: Pool; by: string }): Promise<boolean> {
  return transaction(pool, async (tx) => {
    await lockAnnouncing(tx)
    const cleared = await clearAnnouncements(tx)
    if (cleared) await insertAudit(tx, { operator: by, action: 'announcement.clear' })
    return cleared
  })
}
