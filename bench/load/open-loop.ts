import { type Connection, openConnection } from './connection.ts'
import type { LoadResult } from './load.ts'
import type { RequestAt } from './requests.ts'
import { createTally } from './tally.ts'

/**
 * Sends by a fixed schedule, whether or not answers come: a server that stalls finds the crowd grown. Latency counts from the moment
 * a request was to be sent, also when no connection was free for it, so a stall is seen by everyone who arrived in it.
 */
export async function openLoop({
  port,
  connections,
  requestAt,
  perSecond,
  seconds,
}: {
  port: number
  connections: number
  requestAt: RequestAt
  perSecond: number
  seconds: number
}): Promise<LoadResult> {
  const free: number[] = []
  const answers: ((status: number) => void)[] = []
  const opened: Connection[] = await Promise.all(
    Array.from({ length: connections }, (_, at) => {
      free.push(at)
      return openConnection({ port, answered: (status) => answers[at]?.(status), lost: () => answers[at]?.(0) })
    }),
  )
  const total = Math.round(perSecond * seconds)
  const tally = createTally()
  const startedAt = performance.now()
  const dueAt = (n: number) => startedAt + (n * 1_000) / perSecond
  /** The next to be sent: all before it were. */
  let next = 0
  let outstanding = 0

  await new Promise<void>((done) => {
    function sendDue() {
      const now = performance.now()
      while (next < total && free.length > 0 && dueAt(next) <= now) send(next++, free.pop()!)
    }
    function send(n: number, at: number) {
      outstanding += 1
      answers[at] = (status) => {
        outstanding -= 1
        tally.answered(status, dueAt(n))
        free.push(at)
        sendDue()
        if (next === total && outstanding === 0) done()
      }
      tally.sent()
      opened[at]!.send(requestAt(n))
    }
    function tick() {
      sendDue()
      if (next < total) setTimeout(tick, 1)
    }
    tick()
  })
  for (const connection of opened) connection.close()
  return tally.result()
}
