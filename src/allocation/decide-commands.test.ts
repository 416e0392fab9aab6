import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { ask, cancel, decidingDatabase, move, rivals } from '../../test/setup/deciding.ts'
import type { CommandRequest } from '../domain/batch.ts'
import { appendMissing } from '../postgres/batches.ts'
import { readLastCommands } from '../postgres/commands.ts'
import { readReservations } from '../postgres/reservations.ts'
import { transaction } from '../postgres/transaction.ts'
import type { DecideNext } from './decide-next.ts'

let database: Awaited<ReturnType<typeof decidingDatabase>>
let decideNext: DecideNext
beforeEach(async () => {
  database = await decidingDatabase()
  decideNext = database.newAllocator()
})

const decide = () => database.decideAll(decideNext)
/** What a reservation's holder is answered. */
async function answer({ id }: { id: string }) {
  const found = (await readReservations(database.api, [id])).get(id)
  return found && { status: found.status, slots: found.appointments.map(({ slotId }) => slotId) }
}
const outcomeOf = async ({ id }: CommandRequest) => {
  const [row] = await database.read(`select outcome, reason from decisions where request_id = '${id}'`)
  return row && [row.outcome, row.reason]
}
const booked = () => database.read('select id, booked from slots order by id')
const told = async () => (await database.read('select event from outbox order by id')).map(({ event }) => event)

test('cancelled, it gives its seat back, its voucher can book again, and it stays what it was otherwise', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1 })
  const [first] = rivals(1, 'a') as [ReturnType<typeof ask>]
  await append([first])
  await decide()
  const command = cancel(first)
  const again = { ...first, id: randomUUID() }
  await append([command, again])
  await decide()
  expect(await outcomeOf(command)).toEqual(['done', null])
  expect(await answer(first)).toEqual({ status: 'cancelled', slots: [] })
  expect(await answer(again)).toEqual({ status: 'booked', slots: ['a'] })
  expect(await booked()).toEqual([{ id: 'a', booked: 1 }])
  expect(await told()).toEqual(['cancelled'])
  // Its booking was decided once, as it was.
  expect(await database.read(`select outcome from decisions where request_id = '${first.id}'`)).toEqual([
    { outcome: 'booked' },
  ])
})

test('cancelled while it is queued, it is booked first by its number, then cancelled, in one transaction or in two', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1 })
  for (const batches of [1, 2]) {
    const [first, second] = rivals(2, 'a') as [ReturnType<typeof ask>, ReturnType<typeof ask>]
    const command = cancel(first)
    if (batches === 1) await append([first, command, second])
    else {
      await append([first])
      await append([command])
      await append([second])
    }
    await decide()
    expect([await answer(first), await answer(second)]).toEqual([
      { status: 'cancelled', slots: [] },
      { status: 'booked', slots: ['a'] },
    ])
    expect(await outcomeOf(command)).toEqual(['done', null])
    await append([cancel(second)])
    await decide()
  }
  expect(await booked()).toEqual([{ id: 'a', booked: 0 }])
})

test('what cannot be cancelled or moved is refused with its reason, and nothing changes', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1 })
  const [held, rejected, gone] = [ask([{ slotId: 'a' }]), ask([{ slotId: 'a' }]), ask([{ slotId: 'b' }])]
  await append([held, rejected, gone, cancel(gone)])
  await decide()
  const startsAt = Date.parse('2026-12-01T00:00Z')
  const expected: [CommandRequest, string, number][] = [
    [cancel(rejected), 'was-rejected', 0],
    [cancel(gone), 'already-cancelled', 0],
    [cancel({ id: randomUUID() }), 'unknown-reservation', 0],
    [cancel(held), 'appointment-past', startsAt],
    [move(held, 'b'), 'appointment-past', startsAt],
    [move(rejected, 'b'), 'was-rejected', 0],
    [move(gone, 'b'), 'already-cancelled', 0],
    [move(held, 'gone'), 'sold-out', startsAt - 1],
    [move(held, 'b'), 'closed', Date.parse('2026-11-30T23:00Z')],
  ]
  for (const [command, reason, receivedAt] of expected) {
    if (reason === 'closed')
      await database.read(`update campaigns set closes_at = '2026-11-30T23:00Z', opens_at = '2020-01-01'`)
    await append([command], 'web', receivedAt)
    await decide()
    expect([reason, await outcomeOf(command)]).toEqual([reason, ['refused', reason]])
  }
  expect(await answer(held)).toEqual({ status: 'booked', slots: ['a'] })
  expect(await booked()).toEqual([
    { id: 'a', booked: 1 },
    { id: 'b', booked: 0 },
  ])
  // A closed campaign takes seats back until the appointment begins.
  const late = cancel(held)
  await append([late], 'web', startsAt - 1)
  await decide()
  expect(await outcomeOf(late)).toEqual(['done', null])
})

test('a move takes the first of its choices, and gives the old seat to who comes after', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1, c: 1 })
  const [mover, other, next] = [ask([{ slotId: 'a' }]), ask([{ slotId: 'b' }]), ask([{ slotId: 'a' }])]
  await append([mover, other])
  await decide()
  const command = move(mover, 'b', 'c')
  await append([command, next])
  await decide()
  expect(await outcomeOf(command)).toEqual(['done', null])
  expect(await answer(mover)).toEqual({ status: 'booked', slots: ['c'] })
  expect(await answer(next)).toEqual({ status: 'booked', slots: ['a'] })
  expect(await told()).toEqual(['moved'])
})

test('a move that finds nothing keeps the old seat; one whose best choice is the old seat keeps it too', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1 })
  const [mover, other] = [ask([{ slotId: 'a' }]), ask([{ slotId: 'b' }])]
  await append([mover, other])
  await decide()
  const [toFull, toOwn] = [
    move(mover, 'b'),
    move(mover, { locationIds: ['east'], from: '2026-12-01', to: '2026-12-01' }),
  ]
  const rival = ask([{ slotId: 'a' }])
  await append([toFull, toOwn, rival])
  await decide()
  expect([await outcomeOf(toFull), await outcomeOf(toOwn)]).toEqual([
    ['refused', 'sold-out'],
    ['done', null],
  ])
  expect(await answer(mover)).toEqual({ status: 'booked', slots: ['a'] })
  expect(await answer(rival)).toEqual({ status: 'rejected', slots: [] })
  expect(await told()).toEqual([])
})

test('a command that arrives again is not decided again: there, back, and there once more stays back', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1 })
  const mover = ask([{ slotId: 'a' }])
  const [there, back] = [move(mover, 'b'), move(mover, 'a')]
  await append([mover, there, back, there])
  await append([there], 'agent')
  await decide()
  await append([there, cancel(ask([]))])
  await decide()
  expect(await answer(mover)).toEqual({ status: 'booked', slots: ['a'] })
  expect(await database.read('select count(*)::int from decisions where request_id is not null')).toEqual([
    { count: 4 },
  ])
  expect(await booked()).toEqual([
    { id: 'a', booked: 1 },
    { id: 'b', booked: 0 },
  ])
})

test('a seat given back in a blocked slot is nobody else’s', async () => {
  const { giveSlots, append, read } = database
  await giveSlots({ a: 1 })
  const first = ask([{ slotId: 'a' }])
  await append([first])
  await decide()
  await read('update slots set blocked = true')
  const rival = ask([{ slotId: 'a' }])
  await append([cancel(first), rival])
  await decide()
  expect(await answer(rival)).toEqual({ status: 'rejected', slots: [] })
  expect(await booked()).toEqual([{ id: 'a', booked: 0 }])
})

test('a slot that was full is found again once it has a seat, however far the search had passed it', async () => {
  const { giveSlots, append } = database
  await giveSlots({ a: 1, b: 1, c: 1, d: 1, e: 1 })
  const anywhere = () => ask([{ locationIds: ['east'], from: '2026-12-01', to: '2026-12-01' }])
  const people = Array.from({ length: 5 }, anywhere)
  await append(people)
  await append([anywhere()])
  await decide()
  await append([cancel(people[2]!), cancel(people[1]!)])
  await decide()
  const [first, second, third] = [anywhere(), anywhere(), anywhere()]
  await append([first, second, third])
  await decide()
  expect([await answer(first), await answer(second), await answer(third)].map((one) => one?.slots)).toEqual([
    ['b'],
    ['c'],
    [],
  ])
})

test('the last command can be seen while it waits, on a reservation that is queued itself, and once it is decided', async () => {
  const { giveSlots, append, api } = database
  await giveSlots({ a: 1, b: 1 })
  const mover = ask([{ slotId: 'a' }])
  await append([mover])
  const [there, back] = [move(mover, 'b'), cancel(mover)]
  await append([there])
  const seen = async () => (await readLastCommands(api, [mover.id])).get(mover.id)
  expect(await seen()).toEqual({ id: there.id, kind: 'move', status: 'queued', reason: null })
  await decide()
  expect(await seen()).toEqual({ id: there.id, kind: 'move', status: 'done', reason: null })
  await append([back])
  await append([back])
  expect((await readReservations(api, [mover.id])).get(mover.id)).toMatchObject({
    status: 'booked',
    lastCommand: { id: back.id, kind: 'cancel', status: 'queued' },
  })
  await decide()
  await append([move(mover, 'a')])
  await decide()
  expect((await readReservations(api, [mover.id])).get(mover.id)).toMatchObject({
    status: 'cancelled',
    lastCommand: { kind: 'move', status: 'refused', reason: 'already-cancelled' },
  })
})

test('commands that were spooled can be seen once they are logged, each on its own reservation', async () => {
  const { giveSlots, append, api, openPool } = database
  await giveSlots({ a: 2 })
  const people = rivals(2, 'a')
  await append(people)
  const commands = people.map((one) => move(one, 'a'))
  const spooled = commands.map((command) => ({
    id: randomUUID(),
    campaign: 'medics',
    lane: 'web' as const,
    receivedAt: Date.now(),
    requests: [command],
  }))
  await transaction(openPool('junban_allocator'), (tx) => appendMissing(tx, spooled))
  const seen = await readLastCommands(
    api,
    people.map(({ id }) => id),
  )
  expect(people.map(({ id }) => seen.get(id)?.id)).toEqual(commands.map(({ id }) => id))
})

test('500 cancel, 500 others take their seats: one transaction each, nothing oversold', async () => {
  const { giveSlots, append, read } = database
  await giveSlots({ a: 300, b: 200 })
  const people = [...rivals(300, 'a'), ...rivals(200, 'b')]
  await append(people)
  await decide()
  await append(people.map(cancel))
  await append([...rivals(250, 'b'), ...rivals(250, 'a')])
  await decide()
  expect(await booked()).toEqual([
    { id: 'a', booked: 250 },
    { id: 'b', booked: 200 },
  ])
  expect(await read('select status, count(*)::int from reservations group by 1 order by 1')).toEqual([
    { status: 'booked', count: 450 },
    { status: 'cancelled', count: 500 },
    { status: 'rejected', count: 50 },
  ])
})
