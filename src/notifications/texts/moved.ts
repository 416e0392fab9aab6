import { booked } from './booked.ts'
import type { Texts } from './text.ts'

export const moved: Texts = {
  ja: {
    ...booked.ja,
    subject: ({ campaign }) => `【${campaign}】予約が変更されました`,
    lines: (values) => [`${values.campaign}の予約が変更されました。`, ...booked.ja.lines(values).slice(1)],
  },
  en: {
    ...booked.en,
    subject: ({ campaign }) => `${campaign}: your reservation was changed`,
    lines: (values) => [`Your reservation for ${values.campaign} was changed.`, ...booked.en.lines(values).slice(1)],
  },
}
