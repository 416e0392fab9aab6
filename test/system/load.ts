import { setTimeout as sleep } from 'node:timers/promises'
import { type Body, book, now, type Told } from './book.ts'
import { openConnection } from './send.ts'

/** Between two attempts of a client that was not accepted. */
const retryMs = 50
/** No client tries for longer. */
const patienceMs = 30_000

export type LoadOptions = {
  apis: { url: string }[]
  campaign: string
  /** Clients, each with a connection of its own; each sends its next request when it has the answer to its last. */
  clients?: number
  /** How long each waits between an answer and its next request. */
  pauseMs?: number
  body: (n: number) => Body
}

/**
 * Clients who keep asking, each for itself, until stopped: what is not answered with a 202 is sent again, the same, perhaps to
 * another API. So every request that was begun is in the end accepted, and stands in the ledger.
 */
export function startLoad({ apis, campaign, clients = 20, pauseMs = 40, body }: LoadOptions) {
  const ledger: Told[] = []
  /** What else was met than a 202: how often, by problem or by the socket's error. */
  const met = new Map<string, number>()
  let begun = 0
  let stopping = false

  async function runClient(client: number) {
    const connections = apis.map(openConnection)
    // Not all at once.
    await sleep((pauseMs * client) / clients)
    while (!stopping) {
      ledger.push(await sendUntilAccepted(body(begun++)))
      await sleep(pauseMs)
    }
    for (const connection of connections) connection.destroy()

    async function sendUntilAccepted(wanted: Body): Promise<Told> {
      const sentAt = now()
      for (let attempt = client; now() - sentAt < patienceMs; attempt += 1) {
        const at = attempt % apis.length
        const answer = await book(apis[at]!, campaign, wanted, { connection: connections[at]! }).catch((err) => ({
          told: null,
          type: String(err.code ?? err.name),
        }))
        if (answer.told) return { ...answer.told, sentAt }
        met.set(answer.type!, (met.get(answer.type!) ?? 0) + 1)
        await sleep(retryMs)
      }
      throw new Error(`not accepted for ${patienceMs} ms; met ${JSON.stringify([...met])}`)
    }
  }

  const done = Promise.all(Array.from({ length: clients }, (_, client) => runClient(client)))
  // It is thrown where it is waited for.
  done.catch(() => {})
  return {
    ledger,
    met,
    /** Lets every client finish what it has begun. */
    async stop(): Promise<Told[]> {
      stopping = true
      await done
      return ledger
    },
  }
}
export type Load = ReturnType<typeof startLoad>

/** The longest time, in ms, in which nobody was accepted. */
export function longestGap(ledger: Told[]): number {
  const at = ledger.map(({ acceptedAt }) => acceptedAt).toSorted((a, b) => a - b)
  return Math.max(0, ...at.slice(1).map((instant, n) => instant - at[n]!))
}
