import type { Announcement } from '../domain/announcement.ts'
import type { Queryable, Transaction } from './pool.ts'

/** What is announced now, or null. */
export async function readAnnouncement(db: Queryable): Promise<(Announcement & { id: number }) | null> {
  const { rows } = await db.query<Announcement & { id: number }>({
    name: 'announcements.read',
    text: `select id, ja, en, expected_at as "expectedAt" from announcements where cleared_at is null`,
  })
  return rows[0] ?? null
}

/** Announces. What was announced before has to be cleared first: `announcements_one_at_a_time`. */
export async function insertAnnouncement(tx: Transaction, { ja, en, expectedAt }: Announcement): Promise<void> {
  await tx.query({
    name: 'announcements.insert',
    text: 'insert into announcements (ja, en, expected_at) values ($1, $2, $3)',
    values: [ja, en, expectedAt === null ? null : new Date(expectedAt)],
  })
}

/** Takes away what is announced. False when nothing was. */
export async function clearAnnouncements(tx: Transaction): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'announcements.clear',
    text: 'update announcements set cleared_at = clock_timestamp() where cleared_at is null',
  })
  return (rowCount ?? 0) > 0
}
