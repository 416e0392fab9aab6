import { createTransport } from 'nodemailer'
import type { Channel } from '../notice.ts'
import { Undelivered } from '../undelivered.ts'
import { within } from '../within.ts'
import { writeEmail } from '../write-message.ts'

/** From the queue of the connections to the server's last answer, in ms. */
const limitMs = 30_000
const connectionTimeoutMs = 5_000
const socketTimeoutMs = 10_000
/** Most connections to the mail server, and most messages of one: what servers of hosters allow. */
const maxConnections = 5
const maxMessages = 100

/**
 * Tells a person by e-mail. `url` is `smtps://` (TLS from the start) or `smtp://`, which must offer STARTTLS unless the URL ends in
 * `?requireTLS=false`, for a relay on the same machine.
 */
export function createEmailChannel({ url, from }: { url: string; from: string }): Channel {
  const { searchParams } = new URL(url)
  const transport = createTransport({
    url,
    pool: true,
    maxConnections,
    maxMessages,
    requireTLS: searchParams.get('requireTLS') !== 'false',
    connectionTimeout: connectionTimeoutMs,
    greetingTimeout: connectionTimeoutMs,
    socketTimeout: socketTimeoutMs,
    // A message is text of ours: no file and no address is ever read for one.
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const domain = /@([^@>\s]+)>?\s*$/.exec(from)?.[1] ?? 'junban.invalid'
  return {
    name: 'email',
    takes: ({ person }) => person?.email !== undefined,
    async tell(notice) {
      const message = {
        ...writeEmail(notice),
        from,
        to: { name: '', address: notice.person!.email! },
        // The same for every try, so that a mailbox or its server can know the second.
        messageId: `<${notice.key}@${domain}>`,
        headers: { 'Idempotency-Key': notice.key, 'Auto-Submitted': 'auto-generated' },
      }
      try {
        await within(limitMs, transport.sendMail(message))
      } catch (err) {
        throw err instanceof Undelivered ? err : explain(err)
      }
    },
    close: () => transport.close(),
  }
}

/** What a mail server says can quote the address: only its codes are kept. 5xx to the envelope: there is no such mailbox. */
function explain(err: unknown): Undelivered {
  const { code, responseCode } = err as { code?: unknown; responseCode?: unknown }
  const status = typeof responseCode === 'number' ? responseCode : null
  const forGood = code === 'EENVELOPE' && (status === null || (status >= 550 && status <= 553))
  const what = typeof code === 'string' && /^[A-Z0-9_]{2,50}$/.test(code) ? code : 'failed'
  return new Undelivered(`mail server: ${what}${status === null ? '' : ` ${status}`}`, { forGood })
}
