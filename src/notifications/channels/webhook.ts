import type { Channel, Notice } from '../notice.ts'
import { postOutside } from '../post-outside.ts'
import { signWebhook } from '../sign-webhook.ts'
import { toZoned } from '../times.ts'

/** Tells a system of the operator's: signed, and nothing personal in it. Every outcome goes to it, whoever is to be told. */
export function createWebhookChannel({
  url,
  secrets,
  allowLoopback,
}: {
  url: URL
  secrets: string[]
  allowLoopback: boolean
}): Channel {
  return {
    name: 'webhook',
    // A receipt is for whoever it is of, and that it was lost is nobody else's business.
    takes: ({ receipt }) => receipt === null,
    async tell(notice) {
      const body = JSON.stringify(viewNotice(notice))
      const headers = {
        'idempotency-key': notice.key,
        'junban-signature': signWebhook(body, secrets, Math.floor(Date.now() / 1_000)),
      }
      await postOutside({ url, body, headers, allowLoopback })
    },
  }
}

/** What a webhook says, field by field: an allow-list. */
function viewNotice({ key, event, createdAt, reservation }: Notice) {
  const { id, campaign, status, reason, timeZone, appointments } = reservation
  return {
    id: key,
    event,
    at: toZoned(createdAt, timeZone),
    reservation: { id, campaign, status, reason },
    slots: appointments.map(({ dose, slotId, startsAt }) => ({ dose, slotId, startsAt: toZoned(startsAt, timeZone) })),
  }
}
