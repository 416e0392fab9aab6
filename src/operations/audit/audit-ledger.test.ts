import { expect, test } from 'vitest'
import { auditedDatabase, batchOf, idOf, type LedgerLine } from '../../../test/setup/audited-database.ts'
import { tempFile } from '../../../test/setup/operator-database.ts'
import { auditInvariants } from './audit-invariants.ts'
import { formatReport } from './format-report.ts'

type Audited = Awaited<ReturnType<typeof auditedDatabase>>

async function audit(database: Audited, lines: LedgerLine[] = database.ledger(), spooled: string[] = []) {
  const { pool, receipts } = database
  return auditInvariants({
    pool,
    ledger: await database.writeLedger(lines),
    receipts,
    readSpools: async function* () {
      if (spooled.length > 0) yield { id: idOf('spooled'), requestIds: spooled.map(idOf) }
    },
  })
}
const kindsOf = ({ invariants }: Awaited<ReturnType<typeof audit>>) =>
  Object.assign({}, ...invariants.map(({ violations }) => violations))

/** The ledger with the line of one request changed. */
const changed = (database: Audited, name: string, fields: Partial<LedgerLine>) =>
  database.ledger().map((line) => (line.id === idOf(name) ? { ...line, ...fields } : line))

test('what clients were told is what is stored', async () => {
  const database = await auditedDatabase()
  const report = await audit(database)
  expect(report).toMatchObject({ holds: true, violations: [], passedLate: 0, notes: [] })
  expect(report.invariants.slice(7).map(({ name, checked }) => [name, checked])).toEqual([
    ['told-and-kept', { lines: 11, ids: 10 }],
    ['receipts', { receipts: 11 }],
    ['real-time-order', { ids: 10 }],
  ])
})

test('times are epoch ms or RFC 3339, and a number that could not be told is null', async () => {
  const database = await auditedDatabase()
  const lines = database.ledger().map((line) => ({
    ...line,
    queueNumber: null,
    sentAt: new Date(line.sentAt).toISOString(),
    acceptedAt: new Date(line.acceptedAt).toISOString().replace('Z', '+00:00'),
  }))
  expect(await audit(database, lines)).toMatchObject({ holds: true })
})

test('told and forgotten: an id that nothing knows is named, one that waits in a spool is not', async () => {
  const database = await auditedDatabase()
  const [line] = database.ledger()
  const receipt = database.receipts.sign({
    reservationId: idOf('r77'),
    campaign: 'medics',
    lane: 'web',
    batchId: idOf('spooled'),
    place: 1,
    expiresAt: 1,
  })
  const lines = [...database.ledger(), { ...line!, id: idOf('r77'), queueNumber: null, receipt }]
  const report = await audit(database, lines)
  expect(kindsOf(report)).toEqual({ 'told-unknown': 1 })
  expect(report.violations).toEqual([
    {
      kind: 'told-unknown',
      campaign: 'medics',
      lane: 'web',
      id: idOf('r77'),
      number: null,
      expected: 'accepted: in the log, in a spool or decided',
      found: 'unknown; line 12 of the ledger',
    },
  ])
  expect(await audit(database, lines, ['r76', 'r77'])).toMatchObject({ holds: true, spooled: 2 })
  expect(kindsOf(await audit(database, lines, ['r77', 'r76']))).toEqual({ 'receipt-misplaced': 1 })
})

test('told and lost: an id that was served and not decided is named', async () => {
  const database = await auditedDatabase()
  await database.harm(`
    delete from decisions where request_id = '${idOf('r5')}';
    delete from reservations where id = '${idOf('r5')}'`)
  const report = await audit(database)
  expect(kindsOf(report)).toEqual({ 'request-lost': 1, 'told-undecided': 1 })
  expect(report.violations).toContainEqual(
    expect.objectContaining({ kind: 'told-undecided', id: idOf('r5'), lane: 'web', number: 5, expected: 'a decision' }),
  )
})

test.each([
  ['another number than its own', 'r4', 5],
  ['a number that no batch has', 'r8', 88],
])('told %s', async (_, name, queueNumber) => {
  const database = await auditedDatabase()
  const report = await audit(database, changed(database, name, { queueNumber }))
  expect(kindsOf(report)).toEqual({ 'told-other-number': 1 })
  expect(report.violations).toMatchObject([{ id: idOf(name), lane: 'web', number: queueNumber }])
})

test('told an earlier number than it was decided by', async () => {
  const database = await auditedDatabase()
  await database.harm(`
    update decisions set number = 7 where request_id = '${idOf('r1')}';
    update reservations set queue_number = 7 where id = '${idOf('r1')}'`)
  expect(kindsOf(await audit(database))).toMatchObject({ 'decision-not-earliest': 1, 'told-other-number': 1 })
})

test('sent after another’s 202, and numbered before it', async () => {
  const database = await auditedDatabase()
  const report = await audit(database, changed(database, 'r2', { sentAt: 1_031, acceptedAt: 1_035 }))
  expect(kindsOf(report)).toEqual({ 'told-out-of-order': 1 })
  expect(report.violations).toEqual([
    {
      kind: 'told-out-of-order',
      campaign: 'medics',
      lane: 'web',
      id: idOf('r2'),
      number: 2,
      expected: `a number after 6, whose 202 had arrived 1 ms before this was sent (${idOf('r6')})`,
      found: 'number 2',
    },
  ])
  expect(formatReport(report)).toContain(
    `told-out-of-order: 1\n  medics web 2 ${idOf('r2')}: expected a number after 6`,
  )
})

test('in the same millisecond nothing is proved, in another lane nothing is promised', async () => {
  const database = await auditedDatabase()
  const same = await audit(database, changed(database, 'r4', { sentAt: 1_030, acceptedAt: 1_035 }))
  expect(same.violations).toEqual([])
  const agents = [idOf('a1'), idOf('a2')]
  const lines = database
    .ledger()
    .map((line) => (agents.includes(line.id) ? { ...line, sentAt: 9_000, acceptedAt: 9_001 } : line))
  expect(await audit(database, lines)).toMatchObject({ holds: true })
})

test('who passed a batch that is late is counted apart', async () => {
  const database = await auditedDatabase()
  await database.harm(`update batches set late = true where id = '${idOf('web3')}'`)
  const lines = changed(database, 'r8', { sentAt: 1, acceptedAt: 2 })
  const report = await audit(database, lines)
  expect(report).toMatchObject({
    holds: true,
    passedLate: 6,
    notes: ['1 batches are marked late: real-time order is not promised for them'],
  })
  expect(formatReport(report)).toContain('; 6 stand before an earlier one that is late)')
  await database.harm('update batches set late = false')
  expect(kindsOf(await audit(database, lines))).toEqual({ 'told-out-of-order': 6 })
})

test('what was set aside and retried stands where it was', async () => {
  const database = await auditedDatabase()
  await database.harm(`
    delete from decisions where request_id = '${idOf('r5')}';
    delete from reservations where id = '${idOf('r5')}';
    insert into set_aside (request_id, campaign_id, lane, number, batch_id, place, error)
    values ('${idOf('r5')}', 'medics', 'web', 5, '${idOf('web2')}', 0, 'test')`)
  expect(await audit(database)).toMatchObject({ holds: true })
  await database.harm('update set_aside set settled_at = now()')
  await database.append(batchOf('again', ['r5']))
  expect(await audit(database)).toMatchObject({ holds: true })
  while (await database.decideNext());
  expect(await audit(database)).toMatchObject({ holds: true })
})

test('a receipt that was changed, is another’s, or names another place', async () => {
  const database = await auditedDatabase()
  const receiptOf = (name: string) => database.ledger().find(({ id }) => id === idOf(name))!.receipt
  const forged = await audit(database, changed(database, 'r2', { receipt: `A${receiptOf('r2')}` }))
  expect(kindsOf(forged)).toEqual({ 'receipt-invalid': 1 })
  expect(forged.violations).toMatchObject([
    { id: idOf('r2'), found: 'one that does not verify, in line 2 of the ledger' },
  ])
  expect(kindsOf(await audit(database, changed(database, 'r2', { receipt: receiptOf('r3') })))).toEqual({
    'receipt-invalid': 1,
  })
  const receipt = database.receipts.sign({
    reservationId: idOf('r2'),
    campaign: 'medics',
    lane: 'web',
    batchId: idOf('web2'),
    place: 0,
    expiresAt: 1,
  })
  expect(kindsOf(await audit(database, changed(database, 'r2', { receipt })))).toEqual({ 'receipt-misplaced': 1 })
})

test('a ledger that cannot be read names its line and proves nothing', async () => {
  const { pool } = await auditedDatabase()
  const read = async (text: string) =>
    auditInvariants({ pool, ledger: await tempFile('l.ndjson', text) }).catch((err) => err.message.replace(/^.*\//, ''))
  const good = JSON.stringify({ id: idOf('r1'), receipt: 'x', queueNumber: 1, sentAt: 1, acceptedAt: 2 })
  expect(await read(`${good}\n{"id":`)).toMatch(/^l.ndjson:2: Invalid input/)
  expect(await read(`\n${good.replace('"sentAt":1', '"sentAt":"soon"')}\n`)).toBe(
    'l.ndjson:2: sentAt is neither epoch ms nor an RFC 3339 time with an offset',
  )
  expect(await read(good.replace(idOf('r1'), 'r1'))).toBe('l.ndjson:1: id Invalid UUID')
  expect(await read(good)).toMatchObject({ holds: true, notes: ['receipts were not checked: there are no keys'] })
})
