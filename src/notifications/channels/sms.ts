import type { Channel } from '../notice.ts'
import { postOutside } from '../post-outside.ts'
import { writeSms } from '../write-message.ts'

/** Tells a person by an SMS gateway: `{ "to", "text" }`, a bearer token, and an `Idempotency-Key` for what is sent twice. */
export function createSmsChannel({
  url,
  token,
  allowLoopback,
}: {
  url: URL
  token: string
  allowLoopback: boolean
}): Channel {
  return {
    name: 'sms',
    takes: ({ person }) => person?.phone !== undefined,
    async tell(notice) {
      const body = JSON.stringify({ to: notice.person!.phone, text: writeSms(notice) })
      const headers = { authorization: `Bearer ${token}`, 'idempotency-key': notice.key }
      await postOutside({ url, body, headers, allowLoopback })
    },
  }
}
