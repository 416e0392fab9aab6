import type { NotifierConfig } from '../config.ts'
import { createEmailChannel } from './channels/email.ts'
import { createSmsChannel } from './channels/sms.ts'
import { createWebhookChannel } from './channels/webhook.ts'
import type { Channel } from './notice.ts'

/** The channels that are configured; none when nothing is. */
export function openChannels({ email, sms, webhook, allowLoopback }: NotifierConfig): Channel[] {
  return [
    ...(email ? [createEmailChannel(email)] : []),
    ...(sms ? [createSmsChannel({ ...sms, allowLoopback })] : []),
    ...(webhook ? [createWebhookChannel({ ...webhook, allowLoopback })] : []),
  ]
}
