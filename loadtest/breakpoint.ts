// Breakpoint: how many a second can be taken? Steps, each a quarter more than the last, until one does not hold.
// Proves: nothing but the figure it prints, of this machine, with k6 on it; and that the first step at least holds.
import exec from 'k6/execution'
import { type Offer, readOffer } from './lib/offer.ts'
import { reserve } from './lib/reserve.ts'
import { settingsOf } from './lib/settings.ts'
import { describeSteps, type Step, type SummaryData } from './lib/steps.ts'

const { PEOPLE, RATE, DURATION } = settingsOf('breakpoint')
const growth = 1.25
const warmUpSeconds = 5
/** What a step is judged by only after so long: a p(99) of a second's requests is the one slow answer. */
const judgedAfterSeconds = 3

/** For as long as there is somebody who has not come yet. */
function planSteps(): Step[] {
  const steps: Step[] = [{ name: 'warm_up', rate: Math.ceil(RATE / 4), startsAt: 0, seconds: warmUpSeconds, first: 0 }]
  for (let rate = RATE; ; rate = Math.round(rate * growth)) {
    const { startsAt, seconds, first, rate: last } = steps.at(-1)!
    const step = {
      name: `at_${rate}`,
      rate,
      startsAt: startsAt + seconds,
      seconds: DURATION,
      first: first + last * seconds + 1,
    }
    if (step.first + rate * DURATION > PEOPLE) return steps
    steps.push(step)
  }
}
const steps = planSteps()

export const options = {
  scenarios: Object.fromEntries(
    steps.map(({ name, rate, startsAt, seconds, first }) => [
      name,
      {
        executor: 'constant-arrival-rate',
        rate,
        timeUnit: '1s',
        startTime: `${startsAt}s`,
        duration: `${seconds}s`,
        // Answers that take a quarter of a second on average use them all up; of a slow step, half a second.
        preAllocatedVUs: Math.max(250, Math.ceil(rate / 4)),
        gracefulStop: '2s',
        env: { FIRST_OF_STEP: String(first) },
      },
    ]),
  ),
  thresholds: Object.assign({}, ...steps.slice(1).map(limitsOf)),
  summaryTrendStats: ['p(50)', 'p(99)', 'max'],
}

function limitsOf({ name, startsAt, rate, seconds }: Step) {
  const breaksAt = (threshold: string) => [
    { threshold, abortOnFail: true, delayAbortEval: `${startsAt + judgedAfterSeconds}s` },
  ]
  return {
    [`http_req_duration{scenario:${name}}`]: breaksAt('p(99)<500'),
    [`http_req_failed{scenario:${name}}`]: breaksAt('rate<0.001'),
    [`dropped_iterations{scenario:${name}}`]: breaksAt(`count<${Math.ceil((rate * seconds) / 100)}`),
    // Here only so that the summary knows which steps were taken.
    [`iterations{scenario:${name}}`]: ['count>=0'],
  }
}

export const setup = readOffer

export default (offer: Offer) => reserve(Number(__ENV.FIRST_OF_STEP) + exec.scenario.iterationInTest, offer)

export const handleSummary = (data: SummaryData) => ({ stdout: describeSteps(steps.slice(1), data) })
