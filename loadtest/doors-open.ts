// Doors open: everybody was told the hour. What happens to a request sent in the first seconds, and to one a minute later?
// Proves: however steep the curve, every answer is a 202 or, in form, a 503; a 202 stays fast; nobody finds the door shut.
import exec from 'k6/execution'
import { arrivalsOf } from './lib/arrivals.ts'
import { type Offer, readOffer } from './lib/offer.ts'
import { reserve } from './lib/reserve.ts'
import { settingsOf } from './lib/settings.ts'

const { PEOPLE, DURATION } = settingsOf('doors-open')
/** People under way at once, a second of the peak: one who finds no place here is a dropped iteration, and the run does not hold. */
const atOnce = Math.ceil(PEOPLE / 100)

export const options = {
  scenarios: {
    crowd: {
      executor: 'ramping-arrival-rate',
      ...arrivalsOf(PEOPLE, DURATION),
      preAllocatedVUs: atOnce,
      gracefulStop: '10s',
    },
  },
  thresholds: {
    checks: ['rate==1'],
    http_req_failed: ['rate<0.001'],
    'http_req_duration{name:reserve}': ['p(50)<50', 'p(99)<500', 'max<2000'],
    dropped_iterations: ['count==0'],
    turned_away: ['count==0'],
  },
}

export const setup = readOffer

export default (offer: Offer) => reserve(exec.scenario.iterationInTest, offer)
