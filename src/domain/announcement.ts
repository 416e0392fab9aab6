import { z } from 'zod'
import { Instant } from './campaign.ts'
import { text } from './text.ts'

/** Longest text of an announcement, in characters: it travels in every 503. */
const maxTextLength = 500

/** As an example. */
export const anAnnouncement = {
  ja: '受付に時間がかかっています。届いた予約は順番に処理します。',
  en: 'Answers take longer than usual. What was accepted is decided in order.',
  expectedAt: '2026-12-01T11:00:00+09:00',
}

/** What operators say to everybody, in both languages. `expectedAt`: when service is expected back, if somebody knows. */
export const NewAnnouncement = z
  .strictObject({
    ja: text(maxTextLength),
    en: text(maxTextLength),
    expectedAt: Instant.nullable().default(null),
  })
  .meta({
    id: 'NewAnnouncement',
    examples: [anAnnouncement],
  })
export type NewAnnouncement = z.infer<typeof NewAnnouncement>

/** The same as it is kept: `expectedAt` in epoch ms. */
export type Announcement = { ja: string; en: string; expectedAt: number | null }
