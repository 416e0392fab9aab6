import { expect, test } from 'vitest'
import { httpSink } from '../../test/setup/http-sink.ts'
import { postOutside } from './post-outside.ts'
import { isPublic } from './public-address.ts'

const post = (url: string, allowLoopback = false) =>
  postOutside({ url: new URL(url), body: '{}', headers: {}, allowLoopback })

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.0.0.1',
  '100.100.100.200',
  '168.63.129.16',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.0.0.192',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a9fe:a9fe',
  'fd00:ec2::254',
  'fe80::1',
  'fec0::1',
  'ff02::1',
  '2001:0:a00:1::1',
  '2001:db8::1',
  '2002:a00:1::1',
])('%s is not outside', (address) => {
  expect(isPublic(address)).toBe(false)
})

test.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '203.0.114.1', '2606:4700::1111', '2a00:1450::1'])(
  '%s is outside',
  (address) => {
    expect(isPublic(address)).toBe(true)
  },
)

test('addresses inside are not posted to, however they are written, and nothing arrives', async () => {
  const { port, posted } = await httpSink()
  for (const host of [
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '2130706433',
    '017700000001',
    'localhost',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '0.0.0.0',
  ])
    for (const scheme of ['http', 'https'])
      await expect(post(`${scheme}://${host}:${port}/hook`), `${scheme}://${host}`).rejects.toThrow(
        'its address is not a public one',
      )
  await expect(post('https://10.0.0.1/'), 'private').rejects.toThrow('not a public one')
  await expect(post('https://169.254.169.254/latest/meta-data/')).rejects.toThrow('not a public one')
  expect(posted).toEqual([])
})

test('outside, only https is spoken; what loopback allows for tests opens nothing else', async () => {
  await expect(post('http://1.1.1.1/')).rejects.toThrow('it is not https')
  await expect(post('http://1.1.1.1/', true)).rejects.toThrow('it is not https')
  await expect(post('http://10.0.0.1/', true)).rejects.toThrow('not a public one')
})

test('a redirect is not followed', async () => {
  const inside = await httpSink()
  const outside = await httpSink(() => [307, { location: inside.url }])
  await expect(post(outside.url, true)).rejects.toMatchObject({ reason: 'answered 307', forGood: false })
  expect(outside.posted).toHaveLength(1)
  expect(inside.posted).toEqual([])
})

test('which refusals are for good, and which are tried again', async () => {
  const verdict = async (status: number) => {
    const { url } = await httpSink(() => status)
    return post(url, true).then(
      () => 'told',
      ({ forGood }) => (forGood ? 'for good' : 'again'),
    )
  }
  for (const status of [200, 201, 202, 204]) expect(await verdict(status)).toBe('told')
  for (const status of [400, 410, 422]) expect(await verdict(status)).toBe('for good')
  for (const status of [301, 401, 403, 404, 408, 429, 500, 503]) expect(await verdict(status)).toBe('again')
})

test('an answer that does not end is not waited for, nor one with huge headers', async () => {
  const { createServer } = await import('node:http')
  const endless = createServer((_request, response) => {
    response.writeHead(200)
    response.write('x'.repeat(100_000))
  })
  const huge = createServer((_request, response) => {
    response.writeHead(200, { 'x-huge': 'x'.repeat(10_000) }).end()
  })
  const at = async (server: typeof endless) => {
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return `http://127.0.0.1:${(server.address() as { port: number }).port}/`
  }
  try {
    await post(await at(endless), true)
    await expect(post(await at(huge), true)).rejects.toThrow('no answer: HPE_HEADER_OVERFLOW')
  } finally {
    for (const server of [endless, huge]) {
      server.closeAllConnections()
      server.close()
    }
  }
})
