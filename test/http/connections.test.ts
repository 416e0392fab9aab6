import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { signalProcess } from '#src/embedded/process.ts'
import { parseAnswer, sendRaw } from './ask.ts'
import { problemOf } from './problem-of.ts'
import { type RunningApi, runApi } from './running-api.ts'

let api: RunningApi
beforeAll(async () => {
  api = await runApi()
})

/** A connection that sends what it is told, a byte a time, and says when it was closed and what had come back. */
function slowly(first: string, drip: string) {
  const socket = connect(api.port, '127.0.0.1')
  const start = performance.now()
  let text = ''
  socket.on('data', (data) => {
    text += data
  })
  socket.on('error', () => {})
  socket.write(first)
  const dripping = setInterval(() => drip && socket.writable && socket.write(drip), 500)
  return new Promise<{ seconds: number; text: string }>((resolve) => {
    socket.on('close', () => {
      clearInterval(dripping)
      resolve({ seconds: (performance.now() - start) / 1_000, text })
    })
  })
}

test('who sends a byte now and then is cut off in time, and others are served meanwhile', async () => {
  const post = 'POST /v1/campaigns/anyone/reservations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const slow = {
    'no header': slowly('', ''),
    'half of a header': slowly('GET /livez HTTP/1.1\r\nHo', ''),
    'headers without an end': slowly('GET /livez HTTP/1.1\r\nHost: x\r\n', 'x: y\r\n'),
    'a body byte by byte': slowly(`${post}Content-Length: 1000\r\n\r\n`, ' '),
    'chunks without an end': slowly(`${post}Transfer-Encoding: chunked\r\n\r\n`, '1\r\n \r\n'),
    'a promise to continue, and silence': slowly(`${post}Expect: 100-continue\r\nContent-Length: 10\r\n\r\n`, ''),
  }
  for (let times = 0; times < 20; times += 1) expect((await api.ask({ path: '/livez' })).status).toBe(200)
  for (const [what, closed] of Object.entries(slow)) {
    const { seconds, text } = await closed
    expect(seconds, what).toBeLessThan(13)
    const answer = text.replace('HTTP/1.1 100 Continue\r\n\r\n', '')
    if (answer) expect(problemOf(parseAnswer(answer)).type, what).toBe('request-timeout')
  }
  expect(await api.stored()).toEqual({ accepted: 0, logged: 0, spooled: 0 })
})

test('10,000 connections that say nothing keep nobody from being served, and take little memory', async () => {
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  const residentBytes = async () =>
    Number(/^process_resident_memory_bytes (\d+)/m.exec((await api.ask({ path: '/metrics' })).text)?.[1])
  const connectOne = (said: string) =>
    new Promise<void>((resolve, reject) => {
      const socket = connect(api.port, '127.0.0.1', () => {
        if (said) socket.once('data', () => resolve()).write(said)
        else resolve()
      })
      socket.on('error', reject)
      sockets.push(socket)
    })
  const before = await residentBytes()
  // Half of them have asked for something once, as browsers do, and keep the connection.
  for (let opened = 0; opened < 10_000; opened += 500)
    await Promise.all(
      Array.from({ length: 500 }, (_, n) => connectOne(n % 2 ? 'GET /livez HTTP/1.1\r\nHost: x\r\n\r\n' : '')),
    )

  const start = performance.now()
  expect((await api.ask({ path: '/readyz' })).status).toBe(200)
  const body = JSON.stringify({ voucher: '7777777777', birthDate: '1980-01-02', choices: [{ slotId: 'one' }] })
  const asked = { method: 'POST', path: '/v1/campaigns/anyone/reservations', body }
  expect((await api.ask({ ...asked, headers: { 'content-type': 'application/json' } })).status).toBe(202)
  expect(performance.now() - start).toBeLessThan(1_000)
  expect(sockets.filter((socket) => !socket.destroyed)).toHaveLength(10_000)
  expect((await residentBytes()) - before).toBeLessThan(250 * 1024 * 1024)
})

test('2,000 who come at once while the process is busy with something else all have a connection', async () => {
  /** Connections to this port that wait to be taken in, as the system counts them. */
  const waiting = () => {
    const hexPort = api.port.toString(16).toUpperCase().padStart(4, '0')
    const [, queue] = new RegExp(`:${hexPort} 00000000:0000 0A [0-9A-F]+:([0-9A-F]+)`).exec(
      readFileSync('/proc/net/tcp', 'latin1'),
    )!
    return Number.parseInt(queue!, 16)
  }
  const sockets: Socket[] = []
  signalProcess(api.pid, 'SIGSTOP')
  onTestFinished(() => {
    signalProcess(api.pid, 'SIGCONT')
    for (const socket of sockets) socket.destroy()
  })
  for (let opened = 0; opened < 2_000; opened += 1) sockets.push(connect(api.port, '127.0.0.1').on('error', () => {}))
  await vi.waitFor(() => expect(waiting()).toBe(2_000), { timeout: 10_000 })
  signalProcess(api.pid, 'SIGCONT')
  await vi.waitFor(() => expect(waiting()).toBe(0), { timeout: 10_000 })
  expect((await api.ask({ path: '/livez' })).status).toBe(200)
})

test('1,000 requests sent at once on one connection are answered in their order', async () => {
  const ids = Array.from({ length: 1_000 }, (_, at) => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`)
  const requests = ids.map(
    (id, at) =>
      `GET /livez HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\n${at === 999 ? 'Connection: close\r\n' : ''}\r\n`,
  )
  const text = await sendRaw(api.port, requests.join(''))
  expect(text.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(1_000)
  expect([...text.matchAll(/^x-request-id: (.*?)\r$/gm)].map(([, id]) => id)).toEqual(ids)
})

test('a client that leaves in the middle of its request harms nobody', async () => {
  const before = await api.stored()
  await Promise.all(
    Array.from(
      { length: 50 },
      () =>
        new Promise<void>((resolve) => {
          const socket = connect(api.port, '127.0.0.1', () => {
            socket.write(
              'POST /v1/campaigns/anyone/reservations HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{',
              () => socket.resetAndDestroy(),
            )
          })
          socket.on('error', () => {})
          socket.on('close', () => resolve())
        }),
    ),
  )
  expect((await api.ask({ path: '/readyz' })).status).toBe(200)
  expect(await api.stored()).toEqual(before)
})

test('200 bodies of which half arrived and the rest never does are cut off together, and none is accepted', async () => {
  const before = await api.stored()
  const head = 'POST /v1/campaigns/anyone/reservations HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n'
  const half = `${head}Content-Length: 200\r\n\r\n{"voucher":"0123456789","birthDate":`
  const cut = Array.from({ length: 200 }, () => slowly(half, ''))
  expect((await api.ask({ path: '/readyz' })).status).toBe(200)
  for (const { seconds, text } of await Promise.all(cut)) {
    expect(seconds).toBeLessThan(13)
    if (text) expect(problemOf(parseAnswer(text)).type).toBe('request-timeout')
  }
  expect(await api.stored()).toEqual(before)
})

test('a client that leaves before its answer is accepted all the same, and told so when it sends the same again', async () => {
  const { accepted } = await api.stored()
  const body = JSON.stringify({ voucher: '8888888888', birthDate: '1980-01-02', choices: [{ slotId: 'one' }] })
  const path = '/v1/campaigns/anyone/reservations'
  const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`
  const socket = connect(api.port, '127.0.0.1', () => socket.write(head + body, () => socket.destroySoon()))
  socket.resume()
  await vi.waitFor(async () => expect((await api.stored()).accepted).toBe(accepted + 1), { timeout: 5_000 })

  const again = () => api.ask({ method: 'POST', path, body, headers: { 'content-type': 'application/json' } })
  const [first, second] = [await again(), await again()]
  expect([first.status, second.status]).toEqual([202, 202])
  const [told] = await api.read(
    "select requests::jsonb -> 0 ->> 'id' as id from batches order by accepted_at desc limit 1",
  )
  expect([JSON.parse(first.text).id, JSON.parse(second.text).id]).toEqual([told!.id, told!.id])
  const distinct = `select distinct one ->> 'id' as id from batches, jsonb_array_elements(requests::jsonb) one where one ->> 'id' = '${told!.id}'`
  expect(await api.read(distinct)).toHaveLength(1)
})
