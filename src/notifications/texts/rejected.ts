import type { Reason } from '../../domain/reservation.ts'
import type { Texts } from './text.ts'

const ja: Record<Reason, string> = {
  'sold-out': 'ご希望の枠はすべて満席でした。',
  'voucher-used': 'この接種券番号では、すでに予約があります。',
  'not-eligible': '対象者として確認できませんでした。',
  closed: '受付は終了していました。',
  'withdrawn-by-operator': '運営側の都合により、申込を取り下げました。',
}

const en: Record<Reason, string> = {
  'sold-out': 'All the places you asked for were taken.',
  'voucher-used': 'There is a reservation with this voucher already.',
  'not-eligible': 'You could not be found among those who may book.',
  closed: 'Reservations had closed.',
  'withdrawn-by-operator': 'The operator has withdrawn the request.',
}

export const rejected: Texts = {
  ja: {
    subject: ({ campaign }) => `【${campaign}】予約できませんでした`,
    lines: ({ campaign, queueNumber, reason }) => [
      `${campaign}の予約はできませんでした。`,
      ...(reason ? [ja[reason]] : []),
      `受付番号: ${queueNumber}`,
    ],
    short: ({ reason }) => `予約できませんでした。${reason ? ja[reason] : ''}`,
  },
  en: {
    subject: ({ campaign }) => `${campaign}: no reservation could be made`,
    lines: ({ campaign, queueNumber, reason }) => [
      `No reservation could be made for ${campaign}.`,
      ...(reason ? [en[reason]] : []),
      `Queue number: ${queueNumber}`,
    ],
    short: ({ reason }) => `Not booked. ${reason ? en[reason] : ''}`.trim(),
  },
}
