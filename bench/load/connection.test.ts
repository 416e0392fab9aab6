import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Connection, openConnection } from './connection.ts'

/** A server whose n-th connection is served by the n-th of these, and a connection to it that notes what it is told. */
async function connectionTo(...serves: ((socket: Socket) => void)[]) {
  let served = 0
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    serves[served++]?.(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const told: (number | 'lost')[] = []
  let next = Promise.withResolvers<void>()
  const note = (what: number | 'lost') => {
    told.push(what)
    next.resolve()
  }
  const connection: Connection = await openConnection({
    port: (server.address() as AddressInfo).port,
    answered: note,
    lost: () => note('lost'),
  })
  onTestFinished(() => {
    connection.close()
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    told,
    sockets,
    async send() {
      next = Promise.withResolvers<void>()
      connection.send('GET / HTTP/1.1\r\nhost: x\r\n\r\n')
      await next.promise
    },
  }
}

const accepts = (socket: Socket) => {
  socket.on('data', () => socket.write('HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}'))
}
const timesOut = (socket: Socket) => {
  socket.end('HTTP/1.1 408 Request Timeout\r\ncontent-length: 5\r\nconnection: close\r\n\r\nlate!')
}
const cuts = (socket: Socket) => {
  socket.on('data', () => socket.destroy())
}

test('a request is answered once, also when the server had given up on the connection unasked', async () => {
  const { told, sockets, send } = await connectionTo(timesOut, accepts)
  await once(sockets[0]!, 'close')
  await send()
  await send()
  expect(told).toEqual([202, 202])
})

test('a request that meets the server’s giving up is told once, and the next is answered', async () => {
  const { told, send } = await connectionTo(timesOut, accepts)
  await send()
  await send()
  expect(told).toHaveLength(2)
  expect(told.at(-1)).toBe(202)
})

test('a request whose connection breaks is lost once, and the next goes over another', async () => {
  const { told, send } = await connectionTo(cuts, accepts)
  await send()
  await send()
  expect(told).toEqual(['lost', 202])
})
