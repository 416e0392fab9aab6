import { setTimeout as sleep } from 'node:timers/promises'
import { slotIds } from '../campaign.ts'
import { bookPath } from '../measure/serving.ts'

/** Somebody calls this often, in ms. */
const callEveryMs = 100
/** How often the agent's screen looks whether it was decided. */
const lookEveryMs = 10
const giveUpMs = 30_000

/** What agents saw: from the moment that a booking was sent until it was known to be decided. */
export type AgentFigures = { calls: number; booked: number; p50Ms: number; p99Ms: number; maxMs: number }

let people = 0

/** Agents book for callers, one each tenth of a second, until `isOver`; then the last calls are ended. */
export async function takeCalls({
  api,
  operatorKey,
  isOver,
}: {
  api: string
  operatorKey: string
  isOver: () => boolean
}): Promise<AgentFigures> {
  const calls: Promise<{ ms: number; status: string }>[] = []
  while (!isOver()) {
    calls.push(takeCall(api, operatorKey, people++))
    await sleep(callEveryMs)
  }
  const taken = await Promise.all(calls)
  const sorted = taken.map(({ ms }) => ms).sort((a, b) => a - b)
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return {
    calls: taken.length,
    booked: taken.filter(({ status }) => status === 'booked').length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: sorted.at(-1) ?? 0,
  }
}

async function takeCall(api: string, operatorKey: string, n: number) {
  const sentAt = performance.now()
  const answer = await fetch(`${api}${bookPath}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${operatorKey}` },
    body: JSON.stringify({
      voucher: `98${String(n).padStart(8, '0')}`,
      birthDate: '1960-05-06',
      choices: [{ slotId: slotIds[n % slotIds.length] }],
    }),
  })
  if (answer.status !== 202) {
    await answer.arrayBuffer()
    return { ms: performance.now() - sentAt, status: String(answer.status) }
  }
  const { id, receipt } = (await answer.json()) as { id: string; receipt: string }
  for (;;) {
    const seen = await fetch(`${api}/v1/reservations/${id}`, { headers: { authorization: `Bearer ${receipt}` } })
    const { status } = (await seen.json()) as { status: string }
    const ms = performance.now() - sentAt
    if (status !== 'queued' || ms > giveUpMs) return { ms, status }
    await sleep(lookEveryMs)
  }
}
