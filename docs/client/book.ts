// Books a seat that is free and still ahead, with a client that was generated from the description of the API:
//
//   npx oazapfts@7.5.0 http://127.0.0.1:3000/openapi.json client.ts --argumentStyle=object
//   npm install @oazapfts/runtime@1.2.0
//   node book.ts CAMPAIGN VOUCHER BIRTH_DATE
//
// Prints the decided reservation; or, with exit code 1, why there is none.
import { setTimeout as sleep } from 'node:timers/promises'
import * as junban from './client.ts'

const [campaign = 'demo', voucher = '0123456789', birthDate = '1980-01-02'] = process.argv.slice(2)
junban.defaults.baseUrl = process.env.JUNBAN_URL ?? 'http://127.0.0.1:3000'

const slot = await findSlot()
const accepted = await junban.reserve({
  campaign,
  reservationRequest: { voucher, birthDate, choices: [{ slotId: slot.id }] },
})
if (accepted.status !== 202) leave(accepted.data)
const { id, receipt } = accepted.data
// Whoever holds the receipt may see and change the reservation: keep it, and show it to nobody.
const headers = { authorization: `Bearer ${receipt}` }

for (;;) {
  const read = await junban.readReservation({ id }, { headers })
  if (read.status === 200 && read.data.status !== 'queued') {
    console.log(JSON.stringify(read.data, null, 2))
    break
  }
  // While no store can be asked (503), the place in the queue is kept.
  if (read.status !== 200 && read.status !== 503) leave(read.data)
  await sleep(Number(read.headers.get('retry-after') ?? 1) * 1_000)
}

/** The first free slot that has not begun, page by page. */
async function findSlot(): Promise<junban.Slot> {
  for (let after: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof junban.listSlots>> = await junban.listSlots({
      campaign,
      free: true,
      ...(after !== null && { after }),
    })
    if (page.status !== 200) leave(page.data)
    const ahead = page.data.slots.find(({ startsAt }) => Date.parse(startsAt) > Date.now())
    if (ahead) return ahead
    after = page.data.next
    if (after === null) leave({ detail: `${campaign} has no free seat.` })
  }
}

type Refusal =
  | Exclude<Awaited<ReturnType<typeof junban.reserve>>, { status: 202 }>['data']
  | Exclude<Awaited<ReturnType<typeof junban.readReservation>>, { status: 200 }>['data']

/** Each problem is told from the others by its `type`, and the compiler knows which fields it has. */
function leave(problem: Refusal | { type?: never; detail: string }): never {
  switch (problem.type) {
    case 'https://junban.dev/problems/not-open':
      console.error(`Not open: ${problem.opensAt}`)
      break
    case 'https://junban.dev/problems/invalid-request':
      console.error((problem.errors ?? []).map(({ path, message }) => `${path} ${message}`).join('\n'))
      break
    default:
      console.error(problem.detail)
  }
  process.exit(1)
}
