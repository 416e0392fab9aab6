import { createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export type Mail = {
  from: string
  to: string[]
  subject: string
  headers: Map<string, string>
  text: string
  html: string
}

/** A mail server that keeps what it is given, on a free port. `answerTo` gives the answer to a recipient. */
export async function smtpSink(answerTo: (address: string) => string = () => '250 ok') {
  const mails: Mail[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    let from = ''
    let to: string[] = []
    let rest = ''
    let inData = false
    const say = (line: string) => socket.write(`${line}\r\n`)
    const commands: Record<string, (line: string) => void> = {
      EHLO: () => say('250 sink'),
      MAIL: (line) => {
        from = addressIn(line)
        to = []
        say('250 ok')
      },
      RCPT: (line) => {
        const answer = answerTo(addressIn(line))
        if (answer.startsWith('250')) to.push(addressIn(line))
        say(answer)
      },
      DATA: () => {
        inData = true
        say('354 go on')
      },
      QUIT: () => socket.end('221 bye\r\n'),
    }
    socket.on('error', () => {})
    socket.on('data', (data) => {
      rest += data.toString('latin1')
      for (;;) {
        const end = rest.indexOf(inData ? '\r\n.\r\n' : '\r\n')
        if (end < 0) return
        const taken = rest.slice(0, end)
        rest = rest.slice(end + (inData ? 5 : 2))
        if (inData) {
          inData = false
          mails.push(read(taken, from, to))
          say('250 kept')
        } else (commands[taken.slice(0, 4).toUpperCase()] ?? (() => say('250 ok')))(taken)
      }
    })
    say('220 sink')
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as { port: number }
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  onTestFinished(close)
  return { url: `smtp://127.0.0.1:${port}?requireTLS=false`, port, mails, close }
}

const addressIn = (line: string) => /<([^>]*)>/.exec(line)?.[1] ?? ''

function read(raw: string, from: string, to: string[]): Mail {
  const [head, body] = split(raw)
  const headers = headersOf(head)
  const boundary = /boundary="?([^";]+)/.exec(headers.get('content-type') ?? '')?.[1]
  const parts = boundary ? body.split(`--${boundary}`).slice(1, -1) : [raw]
  const part = (type: string) => {
    const [partHead, partBody] = split(
      parts
        .map((one) => one.replace(/^\r\n/, ''))
        .find((one) => headersOf(split(one)[0]).get('content-type')?.startsWith(type)) ?? '',
    )
    return decode(partBody, headersOf(partHead).get('content-transfer-encoding') ?? '').trim()
  }
  return {
    from,
    to,
    headers,
    subject: words(headers.get('subject') ?? ''),
    text: part('text/plain'),
    html: part('text/html'),
  }
}

function split(raw: string): [string, string] {
  const end = raw.indexOf('\r\n\r\n')
  return end < 0 ? [raw, ''] : [raw.slice(0, end), raw.slice(end + 4)]
}

const headersOf = (head: string) =>
  new Map(
    head
      .replace(/\r\n[ \t]+/g, ' ')
      .split('\r\n')
      .map(
        (line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()] as const,
      ),
  )

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8')
  return encoding === 'quoted-printable' ? quoted(body.replace(/=\r\n/g, '')) : body
}

const quoted = (text: string) =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8')

/** RFC 2047: =?UTF-8?Q?…?= and =?UTF-8?B?…?=. */
const words = (value: string) =>
  value
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?UTF-8\?([QB])\?([^?]*)\?=/gi, (_, form, text) =>
      form.toUpperCase() === 'B' ? Buffer.from(text, 'base64').toString('utf8') : quoted(text.replaceAll('_', ' ')),
    )
