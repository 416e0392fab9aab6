import type { Agent } from 'node:http'
import type { Choice } from '#src/domain/choice.ts'
import type { Person } from '#src/domain/reservation.ts'
import { type Reply, send } from './send.ts'

export type Body = { voucher: string; birthDate: string; choices: Choice[]; person?: Person; waitlist?: boolean }

/** What a client was told: the first 202 of a request. Instants in epoch ms; `sentAt` is its first attempt. */
export type Told = {
  id: string
  receipt: string
  queueNumber: number | null
  sentAt: number
  acceptedAt: number
  body: Body
}

export type Answered = Reply & { told: Told | null; sentAt: number; type: string | null }

/** Finer than the wall clock, and it does not step. */
export const now = () => performance.timeOrigin + performance.now()

/** The body of a request of the n-th voucher: for one slot, or whatever else is chosen. */
export const bodyOf = (n: number, ...choices: (string | Choice)[]): Body => ({
  voucher: String(n).padStart(10, '0'),
  birthDate: '1980-01-02',
  choices: choices.map((choice) => (typeof choice === 'string' ? { slotId: choice } : choice)),
})

/** Asks for a reservation, once. `told` when it was accepted; `type` is the end of the problem's type when it was not. */
export async function book(
  api: { url: string },
  campaign: string,
  body: Body,
  { key, connection }: { key?: string; connection?: Agent } = {},
): Promise<Answered> {
  const sentAt = now()
  const reply = await send(`${api.url}/v1/campaigns/${campaign}/reservations`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...(key !== undefined && { 'idempotency-key': key }) },
    ...(connection && { connection }),
  })
  const acceptedAt = now()
  const answer = JSON.parse(reply.text)
  if (reply.status !== 202) return { ...reply, told: null, sentAt, type: String(answer.type).split('/').at(-1)! }
  const { id, receipt, queueNumber } = answer
  return { ...reply, told: { id, receipt, queueNumber, sentAt, acceptedAt, body }, sentAt, type: null }
}

/** As `book`; throws when it was not accepted. */
export async function bookAccepted(...args: Parameters<typeof book>): Promise<Told> {
  const { told, status, text } = await book(...args)
  if (!told) throw new Error(`answered ${status}: ${text}`)
  return told
}

export type Seen = {
  status: string
  reason: string | null
  queueNumber: number | null
  appointments: { dose: number; slotId: string; startsAt: string }[]
}

/** What became of it, asked with the receipt. */
export const ask = (api: { url: string }, { id, receipt }: Pick<Told, 'id' | 'receipt'>) =>
  send(`${api.url}/v1/reservations/${id}`, { headers: { authorization: `Bearer ${receipt}` } })
