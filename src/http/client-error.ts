import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { Problem, type ProblemType, problems } from '../errors.ts'
import { problemMediaType, typeUri } from './problem-schemas.ts'
import { isUploading } from './read-upload.ts'

const byCode: Record<string, ProblemType> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
}

/** What Node refuses before there is a request: a problem document by hand, and the connection is closed. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket) {
  // Node says it once and leaves the rest to us.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isUploading(socket)) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const type = byCode[error.code ?? ''] ?? 'invalid-request'
  const { status, title } = problems[type]
  const body = JSON.stringify({
    type: typeUri(type),
    title,
    status,
    detail: 'The request cannot be read as HTTP.',
    instance: 'about:blank',
  })
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\nContent-Type: ${problemMediaType}\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}

/** A body ends where these say; of any other transfer nobody knows where, so it is refused before Node stumbles over it. */
const isUnknownTransfer = (encoding: string | undefined) =>
  encoding !== undefined && encoding.toLowerCase() !== 'chunked'

/** Node would refuse these with an answer that holds nothing: an `Expect` that nobody knows, and a request without a `Host`. */
export function refuseUnclearRequests(app: FastifyInstance) {
  app.server.on('checkExpectation', ({ socket }) => answerClientError(new Error('unknown expectation'), socket))
  app.addHook('onRequest', ({ raw }, reply, done) => {
    if (isUnknownTransfer(raw.headers['transfer-encoding'])) {
      reply.hijack()
      answerClientError(new Error('unknown transfer'), raw.socket)
      return
    }
    const isUnclear = raw.headers.host === undefined && raw.httpVersion !== '1.0'
    done(isUnclear ? new Problem('invalid-request', 'The Host header is missing.') : undefined)
  })
}
