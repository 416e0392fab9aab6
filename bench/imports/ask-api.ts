import type { GeneratedPerson } from '#src/operations/generate-people.ts'

/** The text of a booking of person number `n` as it goes into the socket. */
export function bookingText(campaign: string, person: GeneratedPerson, slotId: string): string {
  const body = JSON.stringify({ ...person, choices: [{ slotId }] })
  return `POST /v1/campaigns/${campaign}/reservations HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

/** Asks for a seat and answers the status. */
export async function tryToBook(
  api: string,
  campaign: string,
  person: GeneratedPerson,
  slotId: string,
): Promise<number> {
  const answer = await fetch(`${api}/v1/campaigns/${campaign}/reservations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...person, choices: [{ slotId }] }),
  })
  await answer.arrayBuffer()
  return answer.status
}

const metricsOf = async (api: string) => (await fetch(`${api}/metrics`)).text()

/** How many vouchers of a campaign the API holds. */
export const vouchersInMemory = async (api: string, campaign: string) =>
  Number(
    new RegExp(`^junban_register_vouchers\\{campaign="${campaign}"\\} (\\d+)`, 'm').exec(await metricsOf(api))?.[1] ??
      0,
  )

/** The longest that the API's event loop was held up since this was asked last, in ms. */
export async function longestHoldUp(api: string): Promise<number> {
  return Number(/^nodejs_eventloop_lag_max_seconds (\S+)/m.exec(await metricsOf(api))?.[1] ?? Number.NaN) * 1_000
}
