// Smoke: does the whole way work at all, with a handful of people a second?
// Proves: a request is accepted, decided and shown to whoever has its receipt, and to nobody else; the same request twice is one;
// an invented voucher is refused; what everybody may see is shown.
import { check } from 'k6'
import exec from 'k6/execution'
import http from 'k6/http'
import { Rate } from 'k6/metrics'
import { look, lookAtProgress, lookUntilDecided } from './lib/look.ts'
import { choicesOf, type Offer, readOffer } from './lib/offer.ts'
import { inventedPersonAt, personAt } from './lib/people.ts'
import { reserve, send } from './lib/reserve.ts'
import { baseUrl, campaign, settingsOf } from './lib/settings.ts'

const { RATE, DURATION } = settingsOf('smoke')
/** A person waits for so long and gives up. */
const limitSeconds = 8
/** Refusals are limited per address: one in ten tries one. */
const refusedEvery = 10

export const options = {
  scenarios: {
    people: {
      executor: 'constant-arrival-rate',
      rate: RATE,
      timeUnit: '1s',
      duration: `${DURATION}s`,
      preAllocatedVUs: RATE * (limitSeconds + 2),
      gracefulStop: `${limitSeconds + 15}s`,
    },
  },
  thresholds: {
    checks: ['rate==1'],
    booked: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{name:reserve}': ['p(95)<500'],
    'http_req_duration{name:look}': ['p(95)<500'],
    dropped_iterations: ['count==0'],
  },
}

const booked = new Rate('booked')

export const setup = readOffer

export default async function (offer: Offer) {
  const n = exec.scenario.iterationInTest
  const told = reserve(n, offer)
  booked.add(await isBooked(told, n, offer))
  lookAtProgress()
  if (n % refusedEvery === 0) browse()
  if (told && n % refusedEvery === 1) isRefused(told.id, n, offer)
}

async function isBooked(told: ReturnType<typeof reserve>, n: number, offer: Offer): Promise<boolean> {
  if (!told) return false
  const again = send(personAt(n), choicesOf(n, offer)).json() as { id: string; receipt: string }
  check(again, { 'the same request twice is one': ({ id }) => id === told.id })
  const seen = await lookUntilDecided(told, { limitSeconds, pauseSeconds: () => 0.2 })
  check(look(again), { 'either receipt shows it': (second) => second?.status === seen?.status })
  return seen?.status === 'booked' && seen.appointments.length === 1
}

function isRefused(id: string, n: number, offer: Offer): void {
  const refusal = { responseCallback: http.expectedStatuses(401, 403), tags: { name: 'refused' } }
  const stranger = http.get(`${baseUrl}/v1/reservations/${id}`, {
    headers: { authorization: 'Bearer nobody' },
    ...refusal,
  })
  check(stranger, { 'without its receipt it is not shown': ({ status }) => status === 401 })
  if (!offer.register) return
  const invented = send(inventedPersonAt(n), choicesOf(n, offer), refusal)
  check(invented, { 'an invented pair is refused': ({ status }) => status === 403 })
}

function browse(): void {
  const one = `${baseUrl}/v1/campaigns/${campaign}`
  const pages = [`${baseUrl}/readyz`, `${baseUrl}/status`, `${baseUrl}/v1/campaigns`, one, `${one}/slots?free=true`]
  const answers = http.batch(pages.map((page) => ['GET', page, null, { tags: { name: 'public' } }]))
  check(answers, { 'public pages are shown': (all) => all.every(({ status }) => status === 200) })
}
