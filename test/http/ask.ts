import { connect } from 'node:net'

export type Answer = { status: number; headers: Record<string, string>; text: string }

/** Longer than any answer is promised to take. */
const limitMs = 15_000

/**
 * Sends bytes, exactly as they are given, on a connection of their own; resolves to all that came back when the other side
 * closed.
 */
export function sendRaw(port: number, bytes: string | Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const chunks: Uint8Array[] = []
    const timer = setTimeout(() => socket.destroy(new Error(`no end within ${limitMs} ms`)), limitMs)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    socket.on('error', (err: NodeJS.ErrnoException) => {
      // What was answered before the other side cut the rest of ours off is an answer.
      if (chunks.length === 0 || !['EPIPE', 'ECONNRESET'].includes(err.code ?? '')) reject(err)
    })
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
    socket.write(bytes)
  })
}

/** The first answer in what came back. */
export function parseAnswer(text: string): Answer {
  const end = text.indexOf('\r\n\r\n')
  const [line = '', ...lines] = text.slice(0, end < 0 ? undefined : end).split('\r\n')
  const [, status] = /^HTTP\/1\.1 (\d{3}) ?/.exec(line) ?? []
  if (!status) throw new Error(`this is no answer: ${JSON.stringify(text.slice(0, 200))}`)
  const headers = Object.fromEntries(
    lines.map((one) => [one.slice(0, one.indexOf(':')).toLowerCase(), one.slice(one.indexOf(':') + 1).trim()]),
  )
  const rest = text.slice(end + 4)
  const body =
    headers['transfer-encoding'] === 'chunked' ? rest.replace(/^[0-9a-f]+\r\n|\r\n[0-9a-f]+\r\n/gm, '') : rest
  return { status: Number(status), headers, text: body }
}

/** Asks one thing on a connection of its own. Headers are sent as given, those that are needed are added. */
export async function ask({
  port,
  method = 'GET',
  path,
  headers = {},
  body,
}: {
  port: number
  method?: string
  path: string
  /** A list sends the header more than once. */
  headers?: Record<string, string | string[] | undefined>
  body?: string | Buffer | undefined
}): Promise<Answer> {
  const bytes = body === undefined ? null : typeof body === 'string' ? Buffer.from(body) : body
  const all: typeof headers = {
    host: `127.0.0.1:${port}`,
    connection: 'close',
    ...(bytes && { 'content-type': 'application/json', 'content-length': String(bytes.length) }),
    ...headers,
  }
  const lines = Object.entries(all).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one) => `${name}: ${one}\r\n`),
  )
  // Headers as latin1, one byte a character: what a client that knows no better sends.
  const head = Buffer.from(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  return parseAnswer(await sendRaw(port, Buffer.concat([head, bytes ?? Buffer.alloc(0)])))
}
