// Books the earliest free seat of a campaign, with a client that was generated from the description of the API:
//
//   npx oazapfts@7.5.0 http://127.0.0.1:3000/openapi.json client.ts --argumentStyle=object
//   npm install @oazapfts/runtime@1.2.0
//   node book.ts CAMPAIGN VOUCHER BIRTH_DATE
//
// Prints the decided reservation. What is refused is printed too, and ends with exit code 1.
import { setTimeout as sleep } from 'node:timers/promises'
import * as junban from './client.ts'

const [campaign = 'demo', voucher = '0123456789', birthDate = '1980-01-02'] = process.argv.slice(2)
junban.defaults.baseUrl = process.env.JUNBAN_URL ?? 'http://127.0.0.1:3000'

const slots = await junban.listSlots({ campaign, free: true, limit: 1 })
if (slots.status !== 200) throw refused(slots.data)
const [slot] = slots.data.slots
if (!slot) throw new Error(`${campaign} has no free seat.`)

const accepted = await junban.reserve({
  campaign,
  reservationRequest: { voucher, birthDate, choices: [{ slotId: slot.id }] },
})
if (accepted.status !== 202) throw refused(accepted.data)
const { id, receipt } = accepted.data
// Whoever holds the receipt may see and change the reservation: keep it, and show it to nobody.
const headers = { authorization: `Bearer ${receipt}` }

for (;;) {
  const read = await junban.readReservation({ id }, { headers })
  // While no store can be asked, the place in the queue is kept.
  if (read.status !== 200 && read.status !== 503) throw refused(read.data)
  if (read.status === 200 && read.data.status !== 'queued') {
    console.log(JSON.stringify(read.data, null, 2))
    break
  }
  await sleep(Number(read.headers.get('retry-after') ?? 1) * 1_000)
}

type Refusal =
  | Exclude<Awaited<ReturnType<typeof junban.reserve>>, { status: 202 }>['data']
  | Exclude<Awaited<ReturnType<typeof junban.readReservation>>, { status: 200 }>['data']

/** Each problem is told from the others by its `type`, and the compiler knows which fields it has. */
function refused(problem: Refusal): Error {
  switch (problem.type) {
    case 'https://junban.dev/problems/not-open':
      return new Error(`Not open: ${problem.opensAt}`)
    case 'https://junban.dev/problems/invalid-request':
      return new Error((problem.errors ?? []).map(({ path, message }) => `${path} ${message}`).join('\n'))
    default:
      return new Error(problem.detail)
  }
}
