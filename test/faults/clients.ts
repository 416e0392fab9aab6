import { Agent } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { now } from '../system/book.ts'
import { type Reply, send } from '../system/send.ts'
import { createRandom, seedOf } from './random.ts'
import type { RequestOf, Wanted } from './requests.ts'

/** A client waits for an answer for so long and then tries the other API. */
const answerMs = 3_000
/** Between two attempts after a connection was lost. */
const [shortestPauseMs, longestPauseMs] = [50, 250]
/** A client waits as it is told to, but this harness has no more time than this, in ms. */
const longestRetryAfterMs = 2_000
/** No client tries for longer than this, in ms. */
const patienceMs = 60_000
const tickMs = 5

/**
 * A line of the ledger, as the contract has it, and which request it is of. A command's id is its own, and it has no receipt. Instants
 * in epoch ms that do not step.
 */
export type Told = {
  n: number
  id: string
  reservationId: string
  receipt: string | null
  queueNumber: number | null
  sentAt: number
  acceptedAt: number
}

export const isCommand = ({ receipt }: Told) => receipt === null

/**
 * Clients who come one after another at a steady rate, whatever becomes of those before them (an open loop). Each sends its request
 * to one API, and the same again, to the other, until it is accepted or rightly refused, as a polite client does.
 */
export function startClients({
  apis,
  requestOf,
  seed,
  perSecond,
}: {
  apis: { frontUrl: string }[]
  requestOf: RequestOf
  seed: number
  perSecond: number
}) {
  const ledger: Told[] = []
  /** What each request was told, once it is; null when it was not accepted in the end. */
  const toldOf = new Map<number, PromiseWithResolvers<Told | null>>()
  /** What else was met than the answer that ends a request: how often, by problem or by the socket's error. */
  const met = new Map<string, number>()
  const wrong: string[] = []
  const agents = apis.map(() => new Agent({ keepAlive: true }))
  const startedAt = now()
  let begun = 0
  let refused = 0
  /** When the last came. Who is accepted later is one of those who had to wait. */
  let lastCameAt = Number.POSITIVE_INFINITY
  const underWay = new Set<Promise<void>>()

  const timer = setInterval(() => {
    const due = Math.floor(((now() - startedAt) / 1_000) * perSecond)
    for (; begun < due; begun += 1) {
      const n = begun
      toldOf.set(n, Promise.withResolvers())
      const one = serve(n).finally(() => {
        toldOf.get(n)!.resolve(null) // if it was not told anything
        underWay.delete(one)
      })
      underWay.add(one)
    }
  }, tickMs)

  /** What somebody must know before they can ask for more: they wait for it. */
  const earlier = async (n: number) => (await toldOf.get(n)?.promise) ?? null

  async function serve(n: number): Promise<void> {
    const wanted = await requestOf(n, earlier)
    if (!wanted) {
      wrong.push(`request ${n} was not sent: the one that it is about was never accepted`)
      return
    }
    const random = createRandom(seedOf(seed, n) ^ 1)
    const sentAt = now()
    for (let attempt = random.between(0, apis.length - 1); now() - sentAt < patienceMs; attempt += 1) {
      const reply = await ask(attempt % apis.length, wanted)
      if (typeof reply !== 'string' && reply.status === wanted.expects) return end(n, sentAt, reply)
      if (typeof reply !== 'string' && reply.status !== 503) {
        wrong.push(`request ${n} was answered ${reply.status}, not ${wanted.expects}: ${reply.text}`)
        return
      }
      const what = typeof reply === 'string' ? reply : String(JSON.parse(reply.text).type).split('/').at(-1)!
      met.set(what, (met.get(what) ?? 0) + 1)
      await sleep(
        typeof reply === 'string'
          ? random.between(shortestPauseMs, longestPauseMs)
          : Math.min(Number(reply.headers['retry-after'] ?? 1) * 1_000, longestRetryAfterMs) *
              (0.5 + random.next() / 2),
      )
    }
    wrong.push(`request ${n} was not accepted for ${patienceMs} ms`)
  }

  function end(n: number, sentAt: number, { status, text }: Reply) {
    if (status !== 202) {
      refused += 1
      return
    }
    const { id: reservationId, receipt = null, lastCommand, queueNumber } = JSON.parse(text)
    const id = receipt === null ? lastCommand.id : reservationId
    const told = { n, id, reservationId, receipt, queueNumber, sentAt, acceptedAt: now() }
    ledger.push(told)
    toldOf.get(n)!.resolve(told)
  }

  /** The answer, or why there was none. */
  async function ask(api: number, { method, path, headers, body }: Wanted): Promise<Reply | string> {
    return send(`${apis[api]!.frontUrl}${path}`, {
      method,
      headers,
      ...(body !== undefined && { body }),
      connection: agents[api]!,
      limitMs: answerMs,
    }).catch((err) => String(err.code ?? err.name))
  }

  return {
    ledger,
    met,
    /** Answers that no client should be given. */
    wrong,
    begun: () => begun,
    /** When somebody was accepted, for as long as there were always some who asked. */
    acceptedWhileAsked: () => ledger.map(({ acceptedAt }) => acceptedAt).filter((at) => at <= lastCameAt),
    refused: () => refused,
    /** Nobody new; waits until whoever has begun has its answer. */
    async stop(): Promise<void> {
      clearInterval(timer)
      lastCameAt = now()
      await Promise.all(underWay)
      for (const agent of agents) agent.destroy()
    },
  }
}
export type Clients = ReturnType<typeof startClients>
