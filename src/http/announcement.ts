import { z } from 'zod'
import { anAnnouncement } from '../domain/announcement.ts'

/** What operators announce, as everybody sees it. */
export const Announcement = z
  .object({
    ja: z.string(),
    en: z.string(),
    expectedAt: z.string().nullable().meta({ description: 'When service is expected back; null: nobody knows yet.' }),
  })
  .meta({
    id: 'Announcement',
    examples: [anAnnouncement],
  })
