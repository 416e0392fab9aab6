import { z } from 'zod'
import { Instant } from './campaign.ts'
import { text } from './text.ts'

/** Longest text of an announcement, in characters: it travels in every 503. */
const maxTextLength = 500

/** What operators say to everybody, in both languages. `expectedAt`: when service is expected back, if somebody knows. */
export const NewAnnouncement = z.strictObject({
  ja: text(maxTextLength),
  en: text(maxTextLength),
  expectedAt: Instant.nullable().default(null),
})
export type NewAnnouncement = z.infer<typeof NewAnnouncement>

/** The same as it is kept: `expectedAt` in epoch ms. */
export type Announcement = { ja: string; en: string; expectedAt: number | null }
