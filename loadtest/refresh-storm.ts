// Refresh storm: nothing is decided for a while, and whoever waits looks again and again. Half look when they are told to
// (`Retry-After`); half press reload about once a second, and read "now serving" as well.
// Proves: looks are answered fast, and right, while newcomers are accepted as ever; in the end everybody sees an outcome.
// The two counts of looks, over as many people, say what honouring `Retry-After` saves.
import exec from 'k6/execution'
import { Counter, Rate } from 'k6/metrics'
import { lookAtProgress, lookUntilDecided, type Seen } from './lib/look.ts'
import { type Offer, readOffer } from './lib/offer.ts'
import { type Accepted, reserve } from './lib/reserve.ts'
import { settingsOf } from './lib/settings.ts'

const { RATE, DURATION, HOLD } = settingsOf('refresh-storm')
/** Once deciding goes on, a patient person looks within a minute: no `Retry-After` is longer. */
const limitSeconds = Math.max(HOLD, DURATION) + 60
const everybody = Math.ceil((RATE * DURATION) / 2)

const arrivals = (exec: string) => ({
  executor: 'constant-arrival-rate',
  rate: RATE * 30,
  timeUnit: '1m',
  duration: `${DURATION}s`,
  // All of them wait at the same time.
  preAllocatedVUs: everybody + RATE,
  gracefulStop: `${limitSeconds + 15}s`,
  exec,
})

export const options = {
  scenarios: { patient: arrivals('patient'), impatient: arrivals('impatient') },
  thresholds: {
    checks: ['rate==1'],
    saw_outcome: ['rate==1'],
    http_req_failed: ['rate==0'],
    'http_req_duration{name:reserve}': ['p(99)<500'],
    'http_req_duration{name:look}': ['p(99)<500'],
    'http_req_duration{name:progress}': ['p(99)<500'],
    // Told apart in the summary.
    'looks{who:patient}': ['count>0'],
    'looks{who:impatient}': ['count>0'],
    dropped_iterations: ['count==0'],
  },
}

const looks = new Counter('looks')
const sawOutcome = new Rate('saw_outcome')

export const setup = readOffer

export async function patient(offer: Offer) {
  const told = reserve(2 * exec.scenario.iterationInTest, offer)
  await wait('patient', told, (seen) => seen?.retryAfterSeconds ?? told?.retryAfterSeconds ?? 1)
}

export async function impatient(offer: Offer) {
  const told = reserve(2 * exec.scenario.iterationInTest + 1, offer)
  await wait('impatient', told, () => {
    lookAtProgress()
    return 0.5 + Math.random()
  })
}

async function wait(who: string, told: Accepted | null, pause: (seen: Seen | null) => number) {
  const pauseSeconds = (seen: Seen | null) => {
    looks.add(1, { who })
    return pause(seen)
  }
  sawOutcome.add(told !== null && (await lookUntilDecided(told, { limitSeconds, pauseSeconds })) !== null)
}
