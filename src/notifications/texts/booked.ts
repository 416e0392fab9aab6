import type { Texts, TextValues } from './text.ts'

const places = ({ appointments }: TextValues) =>
  appointments.flatMap(({ when, where, address }) => [when, address ? `${where} (${address})` : where])
const short = ({ appointments }: TextValues) => appointments.map(({ when, where }) => `${when} ${where}`).join(', ')

export const booked: Texts = {
  ja: {
    subject: ({ campaign }) => `【${campaign}】予約が確定しました`,
    lines: (values) => [
      `${values.campaign}の予約が確定しました。`,
      ...places(values),
      `受付番号: ${values.queueNumber}`,
      '変更・取消には、申込時に表示された受付票が必要です。',
    ],
    short: (values) => `予約確定: ${short(values)}`,
  },
  en: {
    subject: ({ campaign }) => `${campaign}: your reservation is confirmed`,
    lines: (values) => [
      `Your reservation for ${values.campaign} is confirmed.`,
      ...places(values),
      `Queue number: ${values.queueNumber}`,
      'To change or cancel it, use the receipt that you were shown when you asked.',
    ],
    short: (values) => `Booked: ${short(values)}`,
  },
}
