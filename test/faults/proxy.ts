import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** How a way behaves. */
export type Conduct =
  /** Bytes arrive later, in their order. */
  | { kind: 'delay'; ms: number; jitterMs: number }
  /** What the server says is lost, and who asked is not told. */
  | { kind: 'drop-replies' }
  /** Nothing arrives, nothing is lost: all of it comes when it is lifted. */
  | { kind: 'freeze' }
  /** Every connection is reset, and every new one. */
  | { kind: 'reset' }
  /** Each connection that stands: one side hears that the other has ended. New ones pass. */
  | { kind: 'half-close'; pickSide: () => 'client' | 'server' }
  /** Each connection that stands loses its server without being told, for good. New ones pass. */
  | { kind: 'half-open' }

/** More than this waits in no direction of a frozen connection, in bytes. */
const maxHeldBytes = 4 * 1024 * 1024

/** A way to a port of this machine that can be disturbed. Lifting passes on what was held; what lost bytes is reset. */
export async function startProxy(target: number) {
  let conduct: Conduct | null = null
  const connections = new Set<Connection>()

  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (conduct?.kind === 'reset') return void client.resetAndDestroy()
    const connection = join(client, connect({ port: target, host: '127.0.0.1', allowHalfOpen: true }))
    connections.add(connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  type Connection = { client: Socket; server: Socket; flush(): void; reset(): void; maim(): void; broken: boolean }

  function join(client: Socket, upstream: Socket): Connection {
    let deaf = false
    const up = pump(client, upstream, false)
    const down = pump(upstream, client, true)
    const connection: Connection = {
      client,
      server: upstream,
      broken: false,
      flush() {
        up.flush()
        down.flush()
      },
      reset() {
        connections.delete(connection)
        client.resetAndDestroy()
        upstream.resetAndDestroy()
      },
      maim() {
        deaf = true
        upstream.destroy()
      },
    }
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true)
      socket.on('error', () => {
        if (!deaf) connection.reset()
      })
      socket.on('close', () => {
        if (deaf && socket === upstream) return
        if (client.destroyed && upstream.destroyed) connections.delete(connection)
        // The other has heard the end in its place among the bytes, unless there was none.
        else if (!socket.readableEnded) connection.reset()
      })
    }
    return connection

    function pump(from: Socket, to: Socket, isReply: boolean) {
      /** What waits; null is the end. */
      const held: { piece: Buffer | null; due: number }[] = []
      let heldBytes = 0
      let timer: NodeJS.Timeout | undefined
      function take(piece: Buffer | null) {
        if (deaf) return
        if (isReply && conduct?.kind === 'drop-replies' && piece) {
          connection.broken = true
          return
        }
        const waitMs = conduct?.kind === 'delay' ? conduct.ms + Math.random() * conduct.jitterMs : 0
        held.push({ piece, due: Math.max(performance.now() + waitMs, held.at(-1)?.due ?? 0) })
        heldBytes += piece?.length ?? 0
        if (heldBytes > maxHeldBytes) from.pause()
        flush()
      }
      function flush() {
        clearTimeout(timer)
        if (conduct?.kind === 'freeze') return
        for (let first = held[0]; first; first = held[0]) {
          const waitMs = first.due - performance.now()
          if (waitMs > 0) {
            timer = setTimeout(flush, Math.ceil(waitMs))
            return
          }
          held.shift()
          heldBytes -= first.piece?.length ?? 0
          if (first.piece === null) to.end()
          else if (to.writable) to.write(first.piece)
        }
        from.resume()
      }
      from.on('data', take)
      from.on('end', () => take(null))
      return { flush }
    }
  }

  return {
    port: (server.address() as AddressInfo).port,
    disturb(next: Conduct): void {
      conduct = next
      for (const connection of [...connections]) {
        if (next.kind === 'reset') connection.reset()
        if (next.kind === 'half-open') connection.maim()
        if (next.kind === 'half-close') connection[next.pickSide()].end()
      }
    },
    lift(): void {
      conduct = null
      for (const connection of [...connections]) {
        if (connection.broken) connection.reset()
        else connection.flush()
      }
    },
    async close(): Promise<void> {
      for (const connection of [...connections]) connection.reset()
      server.close()
      await once(server, 'close')
    },
  }
}
