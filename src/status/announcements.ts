import type { Announcement } from '../domain/announcement.ts'
import { readAnnouncement } from '../postgres/announcements.ts'
import type { Pool } from '../postgres/pool.ts'
import { zonedTime } from './zoned-time.ts'

/** What is announced, as it is kept. */
export type CurrentAnnouncement = Announcement & { id: number }

/** An announcement as everybody sees it. Times are RFC 3339. */
export type AnnouncementView = { ja: string; en: string; expectedAt: string | null }

/** What operators announce, in memory: it can be read when everything else is down. */
export function createAnnouncements({ pool }: { pool: Pool }) {
  let current: CurrentAnnouncement | null = null

  return {
    /** What is announced, to be kept elsewhere; and taken over from there. */
    current: () => current,
    restore: (announcement: CurrentAnnouncement | null) => {
      current = announcement
    },
    /** With times in a zone: a campaign's, or UTC where there is none. */
    view(timeZone = 'UTC'): AnnouncementView | null {
      if (!current) return null
      const { ja, en, expectedAt } = current
      return { ja, en, expectedAt: expectedAt === null ? null : zonedTime(expectedAt, timeZone) }
    },
    /** Reads it if it is not the one in memory. `id` null: nothing is announced. */
    async follow(id: number | null): Promise<void> {
      if (id === (current?.id ?? null)) return
      current = id === null ? null : await readAnnouncement(pool)
    },
  }
}
export type Announcements = ReturnType<typeof createAnnouncements>
