import type { Texts } from './text.ts'

export const cancelled: Texts = {
  ja: {
    subject: ({ campaign }) => `【${campaign}】予約を取り消しました`,
    lines: ({ campaign, queueNumber }) => [`${campaign}の予約を取り消しました。`, `受付番号: ${queueNumber}`],
    short: () => '予約を取り消しました。',
  },
  en: {
    subject: ({ campaign }) => `${campaign}: your reservation is cancelled`,
    lines: ({ campaign, queueNumber }) => [
      `Your reservation for ${campaign} is cancelled.`,
      `Queue number: ${queueNumber}`,
    ],
    short: () => 'Your reservation is cancelled.',
  },
}
