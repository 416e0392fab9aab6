import { check } from 'k6'
import http from 'k6/http'
import type { Told } from './ledger.ts'
import { baseUrl, campaign } from './settings.ts'

const progressUrl = `${baseUrl}/v1/campaigns/${campaign}/progress`

export type Seen = { status: string; appointments: unknown[]; retryAfterSeconds: number }

/** What a person does between two looks. A part of the person: how many come is the arrival rate's affair. */
export const after = (seconds: number) => new Promise<void>((done) => setTimeout(() => done(), seconds * 1_000))

/** Asks with the receipt; null when there was no answer to it. */
export function look({ id, receipt }: Pick<Told, 'id' | 'receipt'>, tags: Record<string, string> = {}): Seen | null {
  const answer = http.get(`${baseUrl}/v1/reservations/${id}`, {
    headers: { authorization: `Bearer ${receipt}` },
    tags: { name: 'look', ...tags },
    timeout: '10s',
  })
  if (!check(answer, { 'the receipt shows what became of it': ({ status }) => status === 200 })) return null
  const { status, appointments } = answer.json() as Seen
  return { status, appointments, retryAfterSeconds: Number(answer.headers['Retry-After'] || 1) }
}

/** "Now serving", as everybody sees it. */
export function lookAtProgress(tags: Record<string, string> = {}): void {
  const answer = http.get(progressUrl, { tags: { name: 'progress', ...tags }, timeout: '10s' })
  check(answer, { 'progress is shown': ({ status }) => status === 200 })
}

/** Looks again, `pauseSeconds` after each look, until it is decided; null when that takes longer than the limit. */
export async function lookUntilDecided(
  told: Pick<Told, 'id' | 'receipt'>,
  { limitSeconds, pauseSeconds }: { limitSeconds: number; pauseSeconds: (seen: Seen | null) => number },
  tags: Record<string, string> = {},
): Promise<Seen | null> {
  const end = Date.now() + limitSeconds * 1_000
  for (let seen: Seen | null = null; Date.now() < end; ) {
    // A last look at the limit: who is cut off by k6 instead is counted nowhere.
    await after(Math.min(pauseSeconds(seen), (end - Date.now()) / 1_000))
    seen = look(told, tags)
    if (seen && seen.status !== 'queued') return seen
  }
  return null
}
