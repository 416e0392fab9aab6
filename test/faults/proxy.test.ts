import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test, vi } from 'vitest'
import { startProxy } from './proxy.ts'

/** A server that says back what it hears, behind a proxy; `join` makes a connection that keeps what it hears. */
async function echo() {
  const heard: string[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {})
    socket.on('data', (data) => {
      heard.push(String(data))
      socket.write(data)
    })
    socket.on('end', () => heard.push('end'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await startProxy((server.address() as AddressInfo).port)
  onTestFinished(async () => {
    await proxy.close()
    server.close()
  })
  async function join() {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
    const seen: string[] = []
    socket.on('data', (data) => seen.push(String(data)))
    socket.on('end', () => seen.push('end'))
    socket.on('error', (err: NodeJS.ErrnoException) => seen.push(err.code!))
    await once(socket, 'connect').catch(() => {}) // reset already
    onTestFinished(() => void socket.destroy())
    return { socket, seen, said: () => seen.join('') }
  }
  return { proxy, heard, join }
}
type Seen = { socket: Socket; said: () => string }

async function says({ socket, said }: Seen, text: string) {
  socket.write(text)
  await vi.waitFor(() => expect(said()).toContain(text))
}

test('undisturbed, everything passes, the end of each side too', async () => {
  const { proxy: _, heard, join } = await echo()
  const one = await join()
  await says(one, 'hello')
  one.socket.end()
  await vi.waitFor(() => expect(heard).toEqual(['hello', 'end']))
})

test('delayed, it arrives later, in its order', async () => {
  const { proxy, join } = await echo()
  const one = await join()
  await says(one, '0')
  proxy.disturb({ kind: 'delay', ms: 50, jitterMs: 20 })
  const start = performance.now()
  for (const digit of '123456789') one.socket.write(digit)
  await vi.waitFor(() => expect(one.said()).toBe('0123456789'))
  expect(performance.now() - start).toBeGreaterThanOrEqual(100)
})

test('frozen, nothing arrives, and all of it when it is lifted', async () => {
  const { proxy, heard, join } = await echo()
  const one = await join()
  await says(one, 'a')
  proxy.disturb({ kind: 'freeze' })
  one.socket.write('b')
  const other = await join()
  other.socket.write('c')
  await expect(vi.waitFor(() => expect(heard).toHaveLength(2), { timeout: 100 })).rejects.toThrow()
  proxy.lift()
  await vi.waitFor(() => expect([one.said(), other.said()]).toEqual(['ab', 'c']))
})

test('with replies lost the server hears, the client does not, and its connection is reset in the end', async () => {
  const { proxy, heard, join } = await echo()
  const one = await join()
  await says(one, 'a')
  proxy.disturb({ kind: 'drop-replies' })
  one.socket.write('b')
  await vi.waitFor(() => expect(heard.join('')).toBe('ab'))
  proxy.lift()
  await vi.waitFor(() => expect(one.seen).toEqual(['a', 'ECONNRESET']))
  await says(await join(), 'c')
})

test('reset, connections that stand and new ones are cut', async () => {
  const { proxy, join } = await echo()
  const one = await join()
  await says(one, 'a')
  proxy.disturb({ kind: 'reset' })
  const other = await join()
  await vi.waitFor(() => expect([one.said(), other.said()]).toEqual(['aECONNRESET', 'ECONNRESET']))
})

test('half-closed, the side that was picked hears the end, and new connections pass', async () => {
  const { proxy, heard, join } = await echo()
  const one = await join()
  await says(one, 'a')
  proxy.disturb({ kind: 'half-close', pickSide: () => 'client' })
  await vi.waitFor(() => expect(one.said()).toBe('aend'))
  one.socket.write('b')
  await vi.waitFor(() => expect(heard.join('')).toBe('ab'))
  await says(await join(), 'c')
})

test('half-open, what stands hears nothing more, for good, and new connections pass', async () => {
  const { proxy, heard, join } = await echo()
  const one = await join()
  await says(one, 'a')
  proxy.disturb({ kind: 'half-open' })
  one.socket.write('b')
  await says(await join(), 'c')
  proxy.lift()
  expect([one.said(), one.socket.destroyed, heard.includes('b')]).toEqual(['a', false, false])
})
