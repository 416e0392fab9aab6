import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { Problem } from '../errors.ts'

/** Nothing arrived for so long: whoever sends is gone, or plays for time. */
const stallMs = 30_000

/** Connections on which a body may take longer than `requestTimeout`; one that stalls is noticed here instead. */
const uploading = new WeakSet<Socket>()

/** Whether a request on this connection is an upload, which has a limit of its own. */
export const isUploading = (socket: Socket) => uploading.has(socket)

/** A body as it arrives, no faster than it is read. Throws a Problem when it stalls, or is larger than `maxBytes`. */
export async function* readUpload(socket: Socket, body: Readable, maxBytes: number): AsyncGenerator<Buffer> {
  uploading.add(socket)
  const stalled = () => body.destroy(new Problem('request-timeout', `Nothing arrived for ${stallMs / 1_000} seconds.`))
  let timer = setTimeout(stalled, stallMs)
  let bytes = 0
  try {
    for await (const chunk of body) {
      clearTimeout(timer)
      bytes += chunk.length
      if (bytes > maxBytes) throw new Problem('too-large', `The file is larger than ${maxBytes} bytes.`)
      yield chunk
      timer = setTimeout(stalled, stallMs)
    }
  } finally {
    clearTimeout(timer)
    uploading.delete(socket)
  }
}
