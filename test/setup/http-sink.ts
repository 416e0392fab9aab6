import { createServer, type IncomingHttpHeaders } from 'node:http'
import { onTestFinished } from 'vitest'

export type Posted = { path: string; headers: IncomingHttpHeaders; body: string }

/** A server that keeps what is posted to it, on a free port. `answer` gives the status of the n-th, and headers. */
export async function httpSink(answer: (n: number) => number | [number, Record<string, string>] = () => 200) {
  const posted: Posted[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    posted.push({ path: request.url ?? '', headers: request.headers, body })
    const [status, headers] = [answer(posted.length)].flat() as [number, Record<string, string>?]
    response.writeHead(status, headers ?? {}).end('{}')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as { port: number }
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${port}/hook`, port, posted }
}
