import { randomInt } from 'node:crypto'
import { z } from 'zod'

const Campaign = z.object({ timeZone: z.string() })
const Locations = z.object({ locations: z.array(z.object({ id: z.string() })).min(1) })

/** Slots of the demo lie within this many days. */
const DAYS = 14

/** One line for a shell that books a seat, for a new person each time, at the earliest free slot; null when the campaign is not there. */
export async function bookingCommand(apiUrl: string, campaign: string): Promise<string | null> {
  const url = `${apiUrl}/v1/campaigns/${encodeURIComponent(campaign)}`
  const [about, offered] = await Promise.all([getJson(url, Campaign), getJson(`${url}/locations`, Locations)])
  if (!about || !offered) return null
  const today = Temporal.Now.plainDateISO(about.timeZone)
  const body = {
    voucher: String(randomInt(1e10)).padStart(10, '0'),
    birthDate: '1980-01-02',
    choices: [
      {
        locationIds: offered.locations.map(({ id }) => id),
        from: today.toString(),
        to: today.add({ days: DAYS }).toString(),
      },
    ],
  }
  return `curl -sS ${url}/reservations -H 'content-type: application/json' -d ${quoted(JSON.stringify(body))}`
}

/** The line that asks for the outcome, with ID and RECEIPT to be filled in from the answer. */
export const outcomeCommand = (apiUrl: string) =>
  `curl -sS ${apiUrl}/v1/reservations/ID -H 'authorization: Bearer RECEIPT'`

const quoted = (text: string) => `'${text.replaceAll(`'`, `'\\''`)}'`

async function getJson<T>(url: string, schema: z.ZodType<T>): Promise<T | null> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) })
    return answer.ok ? schema.parse(await answer.json()) : null
  } catch {
    return null
  }
}
