import { connect, type Socket } from 'node:net'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
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

test('2,000 connections that say nothing do not keep others from being served', async () => {
  const sockets: Socket[] = []
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.all(
    Array.from(
      { length: 2_000 },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect(api.port, '127.0.0.1', resolve)
          socket.on('error', reject)
          sockets.push(socket)
        }),
    ),
  )
  const start = performance.now()
  expect((await api.ask({ path: '/readyz' })).status).toBe(200)
  expect(performance.now() - start).toBeLessThan(1_000)
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
  expect(await api.stored()).toEqual({ accepted: 0, logged: 0, spooled: 0 })
})
