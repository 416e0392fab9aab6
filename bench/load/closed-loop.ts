import { type Connection, openConnection } from './connection.ts'
import type { LoadResult } from './load.ts'
import type { RequestAt } from './requests.ts'
import { createTally, type Tally } from './tally.ts'

/** Each connection sends its next request when it has the answer to the last, until the time is over or all were sent. */
export async function closedLoop({
  port,
  connections,
  requestAt,
  seconds = Number.POSITIVE_INFINITY,
  requests = Number.POSITIVE_INFINITY,
}: {
  port: number
  connections: number
  requestAt: RequestAt
  seconds?: number
  requests?: number
}): Promise<LoadResult> {
  const opened = await Promise.all(Array.from({ length: connections }, () => openLoop(port)))
  const tally = createTally()
  const endsAt = performance.now() + seconds * 1_000
  let next = 0
  await Promise.all(opened.map((loop) => loop(tally, () => nextRequest())))
  return tally.result()

  function nextRequest(): Buffer | null {
    if (next >= requests || performance.now() >= endsAt) return null
    return requestAt(next++)
  }
}

/** Opens a connection; resolves to what runs its loop to the end. */
async function openLoop(port: number) {
  let sentAt = 0
  let answered: (status: number) => void = () => {}
  const connection: Connection = await openConnection({
    port,
    answered: (status) => answered(status),
    lost: () => answered(0),
  })
  return (tally: Tally, nextRequest: () => Buffer | null) =>
    new Promise<void>((done) => {
      const send = () => {
        const request = nextRequest()
        if (request === null) {
          connection.close()
          return done()
        }
        tally.sent()
        sentAt = performance.now()
        connection.send(request)
      }
      answered = (status) => {
        tally.answered(status, sentAt)
        send()
      }
      send()
    })
}
