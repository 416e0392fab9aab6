import { getJson } from './send.ts'
import { until } from './until.ts'

export type Status = { rung: string; intake: string; spooledBatches: number }

export const readStatus = (api: { url: string }) => getJson<Status>(`${api.url}/status`)

/** Waits until every one of these APIs says that it stands on this rung. */
export async function untilRung(apis: { url: string }[], rung: string, limitMs = 15_000): Promise<void> {
  await Promise.all(
    apis.map((api) => until(`${api.url} is ${rung}`, async () => (await readStatus(api)).rung === rung, limitMs)),
  )
}
