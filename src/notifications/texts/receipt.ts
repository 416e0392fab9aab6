import type { Texts } from './text.ts'

export const receipt: Texts = {
  ja: {
    subject: ({ campaign }) => `【${campaign}】受付票の再発行`,
    lines: ({ campaign, queueNumber, receipt }) => [
      `${campaign}の受付票を再発行しました。`,
      `受付番号: ${queueNumber}`,
      `受付票: ${receipt}`,
      '受付票があれば誰でも予約を確認・変更できます。他人に渡さないでください。',
      'お心当たりがない場合は、何もしなくてかまいません。予約はそのままです。',
    ],
    short: ({ receipt }) => `受付票: ${receipt}`,
  },
  en: {
    subject: ({ campaign }) => `${campaign}: your receipt`,
    lines: ({ campaign, queueNumber, receipt }) => [
      `Here is your receipt for ${campaign} again.`,
      `Queue number: ${queueNumber}`,
      `Receipt: ${receipt}`,
      'Whoever has it can see and change the reservation: give it to nobody.',
      'If you did not ask for it there is nothing to do: the reservation is as it was.',
    ],
    short: ({ receipt }) => `Receipt: ${receipt}`,
  },
}
