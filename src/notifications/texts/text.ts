import type { Reason } from '../../domain/reservation.ts'

/** What a text may say. No name of a person: whoever books for another's address could write there what they like. */
export type TextValues = {
  campaign: string
  queueNumber: number
  reason: Reason | null
  /** A fresh receipt, in the one text that has it. */
  receipt: string | null
  appointments: { when: string; where: string; address: string | null }[]
}

/** One outcome in one language. Plain text: what makes HTML of it escapes every line. */
export type Text = {
  subject: (values: TextValues) => string
  lines: (values: TextValues) => string[]
  /** In one line, for a phone. */
  short: (values: TextValues) => string
}

export type Texts = { ja: Text; en: Text }
