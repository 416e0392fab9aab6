import type { IncomingMessage, ServerResponse } from 'node:http'

const pathForm = /^\/v1\/campaigns\/[a-z0-9-]+\/reservations$/
/** A plain request for a seat by the web lane, told by its first line and headers alone. Whatever is odd about others is said later. */
export const asksForSeat = ({ method, url, headers }: IncomingMessage) =>
  method === 'POST' &&
  headers.authorization === undefined &&
  headers.host !== undefined &&
  headers['content-length'] !== undefined &&
  headers['transfer-encoding'] === undefined &&
  pathForm.test(url!)

/**
 * So many requests for a seat are begun in one turn of the event loop: 4 ms of a slow machine's time, 1 ms of a fast one's. Then whoever
 * has come meanwhile is looked at, and refused if there is no place.
 */
const perTurn = 16
/**
 * Or so many, when they have waited for so long, in ms: the event loop stood still, and sixteen a turn, between which it reads what a crowd
 * has sent meanwhile, would let them wait as long again.
 */
const [mostPerTurn, overdueMs] = [128, 25]

/** Who has waited for so long is not refused any more, in ms. */
const patienceMs = 20

type Waiting = { request: IncomingMessage; response: ServerResponse; cameAt: number; begin: () => void }

const expected = new WeakSet<IncomingMessage>()
/** Whether a request has waited in line: it keeps the place that it had then. */
export const hasWaited = (request: IncomingMessage) => expected.has(request)

/**
 * Where requests for a seat wait for their turn of the event loop, in the order of their coming. Node would begin all that a crowd has
 * sent before it looks at the next who come, and a refusal, which costs a part of an acceptance, would wait for all of them. When there
 * are fewer places than wait, those who came last are refused. Whatever else is asked begins at once.
 */
export function createSeatLine({
  turnsAway,
  excess,
  refuse,
}: {
  /** Whether there is no place for one more of the web lane, where so many wait. */
  turnsAway: (waiting: number) => boolean
  /** How many of those who wait have no place any more. */
  excess: (waiting: number) => number
  refuse: (response: ServerResponse, cameAt: number) => void
}) {
  const line: Waiting[] = []

  function beginSome() {
    const overdue = performance.now() - overdueMs
    const most = () => (line[0]!.cameAt < overdue ? mostPerTurn : perTurn)
    try {
      for (let begun = 0; line.length > 0 && begun < most(); begun += 1) {
        const { request, begin } = line.shift()!
        expected.add(request)
        begin()
      }
    } finally {
      if (line.length > 0) setImmediate(beginSome)
    }
  }

  /** To be told no after a long wait is worse than to wait a little longer. */
  function refuseNewest(now: number) {
    for (let left = excess(line.length); left > 0 && line.at(-1)!.cameAt > now - patienceMs; left -= 1) {
      const last = line.pop()!
      refuse(last.response, last.cameAt)
    }
  }

  return function lineUp(request: IncomingMessage, response: ServerResponse, begin: () => void): void {
    if (!asksForSeat(request)) {
      begin()
      return
    }
    const cameAt = performance.now()
    if (turnsAway(line.length)) {
      refuse(response, cameAt)
      refuseNewest(cameAt)
    } else if (line.push({ request, response, cameAt, begin }) === 1) setImmediate(beginSome)
  }
}
