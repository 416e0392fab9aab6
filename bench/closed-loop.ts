import { connect, type Socket } from 'node:net'

/** One answer: its status, and its body when it was asked for. */
export type Answer = { status: number; body: string }

export type ClosedLoop = {
  host: string
  port: number
  connections: number
  /** The bytes of the n-th request; null when there are no more. */
  request: (n: number) => Buffer | null
  /** Called for each answer. */
  answered?: (n: number, answer: Answer) => void
}

/**
 * A closed loop over raw sockets: each connection sends its next request when it has the answer to the last. It parses no more of
 * HTTP than it must, because on a small machine the generator takes from what it measures. Resolves when all were answered, with
 * their latencies in ms, in the order of the answers.
 */
export async function closedLoop({
  host,
  port,
  connections,
  request,
  answered,
}: ClosedLoop): Promise<{ latencies: Float64Array; seconds: number }> {
  let next = 0
  const latencies: number[] = []
  const started = performance.now()

  const one = () =>
    new Promise<void>((resolve, reject) => {
      const socket: Socket = connect({ host, port, noDelay: true })
      let n = -1
      let sentAt = 0
      let buffered: Buffer = Buffer.alloc(0)
      const send = () => {
        const bytes = request(next)
        if (!bytes) {
          socket.end()
          return resolve()
        }
        n = next++
        sentAt = performance.now()
        socket.write(bytes)
      }
      socket.on('connect', send)
      socket.on('error', reject)
      socket.on('data', (chunk) => {
        buffered = buffered.length === 0 ? chunk : Buffer.concat([buffered, chunk])
        const headEnd = buffered.indexOf('\r\n\r\n')
        if (headEnd < 0) return
        const head = buffered.latin1Slice(0, headEnd)
        const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0)
        if (buffered.length < headEnd + 4 + length) return
        latencies.push(performance.now() - sentAt)
        answered?.(n, {
          status: Number(head.slice(9, 12)),
          body: buffered.utf8Slice(headEnd + 4, headEnd + 4 + length),
        })
        buffered = buffered.subarray(headEnd + 4 + length)
        send()
      })
    })

  await Promise.all(Array.from({ length: connections }, one))
  return { latencies: Float64Array.from(latencies), seconds: (performance.now() - started) / 1_000 }
}

/** The bytes of a POST of JSON. */
export function postBytes(path: string, body: unknown, headers: Record<string, string> = {}): Buffer {
  const text = JSON.stringify(body)
  const more = Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  return Buffer.from(
    `POST ${path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n${more}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}
