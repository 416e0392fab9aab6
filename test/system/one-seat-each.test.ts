import { expect, test } from 'vitest'
import { ask, type Body, bodyOf, book, bookAccepted, type Told } from './book.ts'
import { brokenPromises } from './broken-promises.ts'
import { untilDecided, untilOneDecided } from './decided.ts'
import { openConnection } from './send.ts'
import { startStack } from './stack.ts'

test('300 rivals for 50 seats, on 30 connections to two APIs: exactly 50 are booked, the first 50 by queue number', async () => {
  const stack = await startStack({ apis: 2, allocators: 2 })
  await stack.addCampaign({ id: 'rivals', slots: { only: 50 } })

  const rival = async (connection: number): Promise<Told[]> => {
    const [agent, told] = [openConnection(), [] as Told[]]
    for (let n = 0; n < 10; n += 1)
      told.push(
        await bookAccepted(stack.apis[connection % 2]!, 'rivals', bodyOf(connection * 10 + n, 'only'), {
          connection: agent,
        }),
      )
    agent.destroy()
    return told
  }
  const ledger = (await Promise.all(Array.from({ length: 30 }, (_, connection) => rival(connection)))).flat()
  const byNumber = ledger.toSorted((a, b) => a.queueNumber! - b.queueNumber!)
  expect(byNumber.map(({ queueNumber }) => queueNumber)).toEqual(Array.from({ length: 300 }, (_, n) => n + 1))

  const seen = await untilDecided(stack.apis[0]!, 'rivals', byNumber)
  expect(seen.map(({ status, reason }) => reason ?? status)).toEqual([
    ...Array(50).fill('booked'),
    ...Array(250).fill('sold-out'),
  ])
  expect(seen.map(({ queueNumber }) => queueNumber)).toEqual(byNumber.map(({ queueNumber }) => queueNumber))
  expect(
    await stack.read(
      `select booked, (select count(*) from appointments) as appointments, (select count(*) from reservations where status = 'booked') as reservations from slots`,
    ),
  ).toEqual([{ booked: 50, appointments: 50, reservations: 50 }])
  expect(await brokenPromises(stack, 'rivals', ledger)).toEqual([])
})

test('one voucher from ten connections to two APIs: three open requests each, the others 429, and one booking', async () => {
  // Nothing is decided before all ten have been answered.
  const stack = await startStack({ apis: 2, allocators: 0 })
  await stack.addCampaign({ id: 'one-voucher', slots: { a: 100, b: 100 } })

  const answers = await Promise.all(
    Array.from({ length: 10 }, (_, n) =>
      book(stack.apis[n % 2]!, 'one-voucher', { ...bodyOf(7, n % 4 < 2 ? 'a' : 'b'), person: { name: `Hand ${n}` } }),
    ),
  )
  for (const api of [0, 1])
    expect(
      answers
        .filter((_, n) => n % 2 === api)
        .map(({ status }) => status)
        .toSorted(),
    ).toEqual([202, 202, 202, 429, 429])
  const refused = answers.filter(({ status }) => status === 429)
  expect(refused.map(({ type, headers }) => [type, Number(headers['retry-after']) > 0])).toEqual(
    Array(4).fill(['too-many-requests', true]),
  )

  const ledger = answers.flatMap(({ told }) => told ?? [])
  await stack.addAllocator()
  const seen = await untilDecided(stack.apis[1]!, 'one-voucher', ledger)
  expect(seen.map(({ status, reason }) => reason ?? status).toSorted()).toEqual([
    'booked',
    ...Array(5).fill('voucher-used'),
  ])
  // The first in line got it, and what was refused left no trace.
  expect(seen.find(({ status }) => status === 'booked')).toMatchObject({ queueNumber: 1 })
  expect(await stack.read('select accepted_number from lanes where lane = $1', ['web'])).toEqual([
    { accepted_number: 6 },
  ])
  expect(await brokenPromises(stack, 'one-voucher', ledger)).toEqual([])
})

test('the same request twice is one reservation with two receipts that work; another body under its key is another', async () => {
  const stack = await startStack({ apis: 2 })
  await stack.addCampaign({ id: 'twice', slots: { a: 10, b: 10 } })
  const [one, other] = [stack.apis[0]!, stack.apis[1]!]

  async function isBookedOnce(body: Body, key?: string) {
    const twice = [
      await bookAccepted(one, 'twice', body, { ...(key && { key }) }),
      await bookAccepted(other, 'twice', body, { ...(key && { key }) }),
    ]
    expect(twice[1]!.id).toBe(twice[0]!.id)
    const seen = await untilDecided(one, 'twice', twice)
    expect(seen.map(({ status, queueNumber }) => [status, queueNumber])).toEqual(
      Array(2).fill(['booked', twice[0]!.queueNumber]),
    )
    expect(await stack.read('select outcome from decisions where reservation_id = $1', [twice[0]!.id])).toEqual([
      { outcome: 'booked' },
    ])
    return twice[0]!
  }
  const withKey = await isBookedOnce(bodyOf(1, 'a'), 'my-key-1')
  const without = await isBookedOnce(bodyOf(2, 'a'))
  expect(without.id).not.toBe(withKey.id)

  const changed = await bookAccepted(other, 'twice', bodyOf(1, 'b'), { key: 'my-key-1' })
  expect(changed.id).not.toBe(withKey.id)
  expect(await untilOneDecided(one, changed)).toMatchObject({ status: 'rejected', reason: 'voucher-used' })
  expect(await untilOneDecided(one, withKey)).toMatchObject({ status: 'booked' })
  // Another's receipt is no receipt.
  expect((await ask(one, { id: withKey.id, receipt: changed.receipt })).status).toBe(401)
  expect(await stack.read('select id, booked from slots order by id')).toEqual([
    { id: 'a', booked: 2 },
    { id: 'b', booked: 0 },
  ])
})
