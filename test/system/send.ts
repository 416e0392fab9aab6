import { Agent, type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http'

export type Reply = { status: number; headers: IncomingHttpHeaders; text: string }

/** Longer than any answer is promised to take. */
const longestMs = 10_000

/** A connection of its own that is kept, as a browser's is. Requests on it are sent one after another. */
export const openConnection = () => new Agent({ keepAlive: true, maxSockets: 1 })

/** Sends one request, once. Throws as the socket does (`code`): ECONNREFUSED when nobody listens, ECONNRESET when cut. */
export function send(
  url: string,
  {
    method = 'GET',
    body,
    headers = {},
    connection,
    limitMs = longestMs,
  }: { method?: string; body?: string; headers?: OutgoingHttpHeaders; connection?: Agent; limitMs?: number } = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const asked = request(
      url,
      { method, headers, agent: connection ?? false, signal: AbortSignal.timeout(limitMs) },
      (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk) => chunks.push(chunk))
        reply.on('error', reject)
        reply.on('end', () =>
          resolve({
            status: reply.statusCode ?? 0,
            headers: reply.headers,
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        )
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })
}

/** The JSON of an answer with this status; throws when it has another. */
export async function getJson<T = Record<string, unknown>>(
  url: string,
  options: Parameters<typeof send>[1] = {},
): Promise<T> {
  const { status, text } = await send(url, options)
  if (status !== 200) throw new Error(`${url} answered ${status}: ${text}`)
  return JSON.parse(text)
}
