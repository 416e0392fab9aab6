import { openConnection } from '../load/connection.ts'

const connections = 64

/** One booking: when it was to be sent, when its answer was there (ms of `performance.now()`), and its status; 0: none came. */
export type Answered = { dueAt: number; answeredAt: number; status: number }

export type Phase = {
  seconds: number
  sent: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** The longest time in which no booking was accepted. */
  longestGapMs: number
  /** Answers that were no 202, by status. */
  refused: Record<string, number>
}

/** Books by a fixed schedule until it is stopped, whether or not answers come: latency counts from when each was to be sent. */
export async function startSteadyLoad({
  port,
  perSecond,
  requestAt,
}: {
  port: number
  perSecond: number
  requestAt: (n: number) => string
}) {
  const all: Answered[] = []
  const free: number[] = []
  const answers: ((status: number) => void)[] = []
  const opened = await Promise.all(
    Array.from({ length: connections }, (_, at) => {
      free.push(at)
      return openConnection({ port, answered: (status) => answers[at]?.(status), lost: () => answers[at]?.(0) })
    }),
  )
  const startedAt = performance.now()
  const dueAt = (n: number) => startedAt + (n * 1_000) / perSecond
  let next = 0
  let stopped = false
  let settled: () => void = () => {}

  function sendDue() {
    const now = performance.now()
    while (!stopped && free.length > 0 && dueAt(next) <= now) send(next++, free.pop()!)
    if (stopped && free.length === connections) settled()
  }
  function send(n: number, at: number) {
    answers[at] = (status) => {
      all.push({ dueAt: dueAt(n), answeredAt: performance.now(), status })
      free.push(at)
      sendDue()
    }
    opened[at]!.send(requestAt(n))
  }
  const ticking = setInterval(sendDue, 1)

  return {
    /** What was to be sent between two instants. */
    phase: (from: number, to: number): Phase => describePhase(all, from, to),
    async stop() {
      const done = new Promise<void>((resolve) => {
        settled = resolve
      })
      stopped = true
      sendDue()
      await done
      clearInterval(ticking)
      for (const connection of opened) connection.close()
    },
  }
}

function describePhase(all: Answered[], from: number, to: number): Phase {
  const within = all.filter(({ dueAt }) => from <= dueAt && dueAt < to)
  const accepted = within.filter(({ status }) => status === 202)
  const latencies = accepted.map(({ dueAt, answeredAt }) => answeredAt - dueAt).sort((a, b) => a - b)
  const quantile = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))] ?? 0
  const times = [from, ...accepted.map(({ answeredAt }) => answeredAt).sort((a, b) => a - b)]
  const refused: Record<string, number> = {}
  for (const { status } of within) if (status !== 202) refused[status] = (refused[status] ?? 0) + 1
  return {
    seconds: (to - from) / 1_000,
    sent: within.length,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    maxMs: latencies.at(-1) ?? 0,
    longestGapMs: Math.max(0, ...times.slice(1).map((time, at) => time - times[at]!)),
    refused,
  }
}
