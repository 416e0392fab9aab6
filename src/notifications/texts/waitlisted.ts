import type { Texts } from './text.ts'

export const waitlisted: Texts = {
  ja: {
    subject: ({ campaign }) => `【${campaign}】キャンセル待ちで受け付けました`,
    lines: ({ campaign, queueNumber }) => [
      `${campaign}は現在満席のため、キャンセル待ちで受け付けました。`,
      `受付番号: ${queueNumber}`,
      '空きが出て予約が確定したときに、あらためてお知らせします。',
    ],
    short: ({ queueNumber }) => `キャンセル待ち(受付番号${queueNumber})`,
  },
  en: {
    subject: ({ campaign }) => `${campaign}: you are on the waiting list`,
    lines: ({ campaign, queueNumber }) => [
      `${campaign} is full at the moment. You are on the waiting list.`,
      `Queue number: ${queueNumber}`,
      'You will be told again when a seat becomes yours.',
    ],
    short: ({ queueNumber }) => `Waiting list (number ${queueNumber})`,
  },
}
