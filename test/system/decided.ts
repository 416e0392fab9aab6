import { ask, type Seen, type Told } from './book.ts'
import { getJson } from './send.ts'
import { until } from './until.ts'

/** So many ask at once. */
const askers = 20

/** Waits, as a client does, by the public progress; then asks for each with its receipt. The answers, in the order of the ledger. */
export async function untilDecided(
  api: { url: string },
  campaign: string,
  ledger: Told[],
  limitMs = 20_000,
): Promise<Seen[]> {
  await until(
    `all of ${campaign} is served`,
    async () => {
      const { acceptedNumber, servingNumber } = await getJson<{ acceptedNumber: number; servingNumber: number }>(
        `${api.url}/v1/campaigns/${campaign}/progress`,
      )
      const { spooledBatches } = await getJson<{ spooledBatches: number }>(`${api.url}/status`)
      return spooledBatches === 0 && acceptedNumber > 0 && acceptedNumber === servingNumber
    },
    limitMs,
  )
  const seen: Seen[] = []
  let next = 0
  async function askOneAfterAnother() {
    for (let n = next++; n < ledger.length; n = next++) seen[n] = await untilOneDecided(api, ledger[n]!)
  }
  await Promise.all(Array.from({ length: askers }, askOneAfterAnother))
  return seen
}

/** Waits until one reservation is decided. */
export function untilOneDecided(
  api: { url: string },
  told: Pick<Told, 'id' | 'receipt'>,
  limitMs = 20_000,
): Promise<Seen> {
  return until(
    `${told.id} is decided`,
    async () => {
      const { status, text } = await ask(api, told)
      const seen = JSON.parse(text) as Seen
      return status === 200 && seen.status !== 'queued' && seen
    },
    limitMs,
  )
}
