import { connect, type Socket } from 'node:net'

/** Read by every connection in turn: what is in it is looked at before the next read. */
const readInto = Buffer.allocUnsafe(64 * 1024)

const lengthForm = /\r\ncontent-length: (\d+)/i
const closeForm = /\r\nconnection: close/i

export type Connection = { send(request: string | Buffer): void; close(): void }

/**
 * A connection that has one request under way at a time. It reads no more of HTTP than it must, because on a small machine the
 * generator takes from what it measures. A connection that the server closes between two requests is opened again. For each request
 * `answered` or `lost` is called once: what a server says unasked (408, to who has connected and said nothing) answers none, and whoever
 * counts both would wait for ever.
 */
export async function openConnection({
  port,
  answered,
  lost,
}: {
  port: number
  /** The answer has arrived whole. */
  answered: (status: number) => void
  /** The connection broke while an answer was owed. */
  lost: () => void
}): Promise<Connection> {
  let socket: Socket | null = null
  let head = ''
  let status = 0
  /** Bytes of the body that are still to come. */
  let missing = 0
  let owed = false
  let closed = false

  function open() {
    return new Promise<Socket>((resolve, reject) => {
      const opening = connect({ host: '127.0.0.1', port, noDelay: true, onread: { buffer: readInto, callback: read } })
      opening.once('connect', () => resolve(opening))
      // Later ones are followed by `close`.
      opening.on('error', reject)
      opening.on('close', () => {
        if (opening === socket) lose()
      })
    })
  }

  function read(size: number): boolean {
    if (missing > 0) {
      missing -= size
      if (missing <= 0) end()
      return true
    }
    head += readInto.toString('latin1', 0, size)
    const headEnd = head.indexOf('\r\n\r\n')
    if (headEnd < 0) return true
    status = Number(head.slice(9, 12))
    missing = headEnd + 4 + Number(lengthForm.exec(head)?.[1] ?? 0) - head.length
    if (closeForm.test(head)) closed = true
    head = ''
    if (missing <= 0) end()
    return true
  }

  function end() {
    if (!owed) return
    owed = false
    answered(status)
  }

  function lose() {
    if (!owed) return
    owed = false
    lost()
  }

  async function sendAgainOpened(request: string | Buffer) {
    socket = null
    head = ''
    missing = 0
    try {
      socket = await open()
      closed = false
      socket.write(request)
    } catch {
      lose()
    }
  }

  socket = await open()
  return {
    send(request) {
      owed = true
      if (closed || !socket || socket.destroyed) void sendAgainOpened(request)
      else socket.write(request)
    },
    close: () => socket?.destroy(),
  }
}
