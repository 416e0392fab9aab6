import { type Connection, openConnection } from './connection.ts'
import type { LoadResult } from './load.ts'
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
  requestAt: (n: number) => string
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
  const zz: number[][] = []
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
      const late = performance.now() - dueAt(n)
      answers[at] = (status) => {
        outstanding -= 1
        zz.push([dueAt(n) - startedAt, performance.now() - dueAt(n), status, late])
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
  const { appendFileSync } = await import('node:fs')
  const q = (a: number[]) => (a.sort((x, y) => x - y), a.length ? `${a[a.length >> 1]!.toFixed(0)}/${a[Math.floor(a.length * 0.99)]!.toFixed(0)}/${a.at(-1)!.toFixed(0)}` : '-')
  for (const [b, g] of Map.groupBy(zz, ([t]) => Math.floor(t! / 100))) appendFileSync('/tmp/tl.log', `${b * 100} acc ${g.filter((x) => x[2] === 202).length} ${q(g.filter((x) => x[2] === 202).map((x) => x[1]!))} ref ${g.filter((x) => x[2] === 503).length} ${q(g.filter((x) => x[2] === 503).map((x) => x[1]!))} slow ${g.filter((x) => x[2] === 503 && x[1]! > 50).length} sent late ${q(g.map((x) => x[3]!))}\n`)
  appendFileSync('/tmp/tl.log', '----\n')
  for (const connection of opened) connection.close()
  return tally.result()
}
