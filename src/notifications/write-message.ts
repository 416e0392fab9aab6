import type { DecidedStatus } from '../domain/reservation.ts'
import type { Notice } from './notice.ts'
import { booked } from './texts/booked.ts'
import { cancelled } from './texts/cancelled.ts'
import { moved } from './texts/moved.ts'
import { receipt } from './texts/receipt.ts'
import { rejected } from './texts/rejected.ts'
import type { Texts, TextValues } from './texts/text.ts'
import { waitlisted } from './texts/waitlisted.ts'
import { toReadable } from './times.ts'

const byStatus: Record<DecidedStatus, Texts> = { booked, waitlisted, rejected, cancelled }
/** A person has not said which language they read: a message is in both. */
const languages = ['ja', 'en'] as const
/** Of a name in an SMS: a few segments in all. */
const maxShortName = 40

function textsOf(notice: Notice): Texts {
  if (notice.receipt !== null) return receipt
  const { event, reservation } = notice
  return event === 'moved' && reservation.status === 'booked' ? moved : byStatus[reservation.status]
}

/** The subject, the text, and the same as HTML, every line of it escaped. */
export function writeEmail(notice: Notice): { subject: string; text: string; html: string } {
  const texts = textsOf(notice)
  const subjects = languages.map((language) => oneLine(texts[language].subject(valuesOf(notice, language))))
  const parts = languages.map((language) => ({ language, lines: texts[language].lines(valuesOf(notice, language)) }))
  return {
    subject: subjects.join(' / '),
    text: parts.map(({ lines }) => lines.map(oneLine).join('\n')).join('\n\n'),
    html: [
      '<!doctype html>',
      ...parts.map(({ language, lines }) => `<p lang="${language}">${lines.map(escapeHtml).join('<br>\n')}</p>`),
    ].join('\n'),
  }
}

/** The same in a line per language. */
export const writeSms = (notice: Notice): string =>
  languages
    .map((language) => {
      const values = valuesOf(notice, language)
      const appointments = values.appointments.map((one) => ({ ...one, where: one.where.slice(0, maxShortName) }))
      const campaign = values.campaign.slice(0, maxShortName)
      return oneLine(`[${campaign}] ${textsOf(notice)[language].short({ ...values, appointments })}`)
    })
    .join('\n')

function valuesOf({ receipt, reservation }: Notice, language: 'ja' | 'en'): TextValues {
  const { campaignName, campaign, timeZone, queueNumber, reason, appointments } = reservation
  return {
    campaign: campaignName[language] ?? campaignName.ja ?? campaignName.en ?? campaign,
    queueNumber,
    reason,
    receipt,
    appointments: appointments.map(({ startsAt, location }) => ({
      when: toReadable(startsAt, timeZone, language),
      where: location.name,
      address: location.address,
    })),
  }
}

/** What was imported cannot add a line, and so not a header either. */
const oneLine = (text: string) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim()

const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
const escapeHtml = (text: string) => oneLine(text).replace(/[&<>"']/g, (character) => escapes[character]!)
