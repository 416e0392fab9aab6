import http from 'k6/http'
import { baseUrl, campaign } from './settings.ts'

const campaignUrl = `${baseUrl}/v1/campaigns/${campaign}`
/** People plan this many days ahead. */
const planDays = 60
const dayMs = 86_400_000
/** How many places somebody would go to when the nearest is full. */
const farPlaces = 10

/** What people can choose from, and whether a register says who may. */
export type Offer = { locationIds: string[]; from: string; to: string; register: boolean }

/** Asked once, in `setup`. Throws when the campaign is not there: then nothing can be said of the service. */
export function readOffer(): Offer {
  const about = get(campaignUrl) as { eligibility: string }
  const { locations } = get(`${campaignUrl}/locations?limit=1000`) as { locations: { id: string }[] }
  if (locations.length === 0) throw new Error(`campaign ${campaign} has no locations`)
  const day = (epochMs: number) => new Date(epochMs).toISOString().slice(0, 10)
  return {
    locationIds: locations.map(({ id }) => id),
    from: day(Date.now() - dayMs),
    to: day(Date.now() + planDays * dayMs),
    register: about.eligibility === 'register',
  }
}

/** What the n-th wants: the nearest place on any day, or else one of those around it. */
export function choicesOf(n: number, { locationIds, from, to }: Offer) {
  const near = n % locationIds.length
  const around = [...locationIds.slice(near), ...locationIds.slice(0, near)].slice(0, farPlaces)
  return [
    { locationIds: around.slice(0, 1), from, to },
    { locationIds: around, from, to },
  ]
}

function get(url: string): unknown {
  const answer = http.get(url, { tags: { name: 'public' } })
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status || answer.error}`)
  return answer.json()
}
