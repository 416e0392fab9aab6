import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { problems } from '../errors.ts'
import { noPlace } from '../intake/admission.ts'
import type { AnnouncementView } from '../status/announcements.ts'
import { withJitter } from './problem-details.ts'
import { problemMediaType, typeUri } from './problem-schemas.ts'

const { status, title } = problems.unavailable

/**
 * Refused together are those of so long, in ms. An answer that finds its reader asleep wakes it, and where they share a machine that took
 * two thirds of a refusal's time; the second of two answers at once finds it awake.
 */
const togetherMs = 4
/**
 * Or so many: the event loop comes to its timers only when it has read what all of a crowd have sent, and by then the first of them had
 * waited for the last.
 */
const enough = 64

/**
 * Refuses requests for a seat before routing, hooks and schemas: a refusal by way of all these costs half as much as an acceptance, so
 * that a crowd of refused would leave nothing for the accepted.
 */
export function createEarlyRefusal({
  announcement,
  refused,
}: {
  announcement: () => AnnouncementView | null
  /** Counts one. */
  refused: () => void
}) {
  let waiting: Refused[] = []
  let due: NodeJS.Timeout | undefined

  function answerAll() {
    clearTimeout(due)
    const together = waiting
    waiting = []
    const said = announcement()
    for (const refused of together) if (!refused.response.destroyed) answer(refused, said)
  }

  /** `cameAt`: by `performance.now()`. */
  return function refuseEarly(response: ServerResponse, cameAt: number): void {
    const count = waiting.push({ response, cameAt })
    if (count === 1) due = setTimeout(answerAll, togetherMs)
    if (count === enough) answerAll()
    refused()
  }
}

type Refused = { response: ServerResponse; cameAt: number }

function answer({ response, cameAt }: Refused, announcement: AnnouncementView | null) {
  const id = randomUUID()
  const body = JSON.stringify({
    type: typeUri('unavailable'),
    title,
    status,
    detail: noPlace.detail,
    instance: `urn:request:${id}`,
    announcement,
  })
  response.writeHead(status, {
    'content-type': problemMediaType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'retry-after': String(withJitter(noPlace.retryAfterSeconds)),
    'x-request-id': id,
    'x-content-type-options': 'nosniff',
    'server-timing': `total;dur=${(performance.now() - cameAt).toFixed(1)}`,
  })
  response.end(body)
}
