import { check } from 'k6'
import http from 'k6/http'
import { Counter } from 'k6/metrics'
import type { GeneratedPerson } from '../../src/operations/generate-people.ts'
import { type Told, writeDown } from './ledger.ts'
import { choicesOf, type Offer } from './offer.ts'
import { personAt } from './people.ts'
import { baseUrl, campaign } from './settings.ts'

const url = `${baseUrl}/v1/campaigns/${campaign}/reservations`
/** Who hears nothing sends the same again: it is the same reservation. */
const maxAttempts = 3
const params = {
  headers: { 'content-type': 'application/json' },
  tags: { name: 'reserve' },
  timeout: '10s',
  responseCallback: http.expectedStatuses(202),
}

/** Refused in time and in form: 503 `unavailable` with `Retry-After`, surely not accepted. */
export const turnedAway = new Counter('turned_away')

export type Accepted = Told & { retryAfterSeconds: number }

/** Sends a request as it is, once. */
export const send = ({ voucher, birthDate }: GeneratedPerson, choices: unknown, more = {}) =>
  http.post(url, JSON.stringify({ voucher, birthDate, choices }), { ...params, ...more })

/** The n-th asks for a seat and writes down what they are told; null when they were not accepted. */
export function reserve(n: number, offer: Offer): Accepted | null {
  const [person, choices] = [personAt(n), choicesOf(n, offer)]
  const sentAt = Date.now()
  let answer = send(person, choices)
  for (let attempt = 1; attempt < maxAttempts && isUnknown(answer); attempt++) answer = send(person, choices)
  const acceptedAt = Date.now()

  const isTurnedAway = answer.status === 503 && Number(answer.headers['Retry-After']) > 0 && !isUnknown(answer)
  if (isTurnedAway) turnedAway.add(1)
  check(answer, { 'accepted, or turned away in form': () => answer.status === 202 || isTurnedAway })
  if (answer.status !== 202) return null
  const { id, receipt, queueNumber } = answer.json() as Told
  const told = { id, receipt, queueNumber, sentAt, acceptedAt }
  writeDown(told)
  return { ...told, retryAfterSeconds: Number(answer.headers['Retry-After']) }
}

/** No answer, or "perhaps". */
const isUnknown = ({ status, body }: { status: number; body: unknown }) =>
  status === 0 || (status === 503 && String(body).includes('outcome-unknown'))
