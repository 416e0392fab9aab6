import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { claimDueNotices, readNoticeDepth, retryNotices } from '#src/postgres/notices.ts'
import { transaction } from '#src/postgres/transaction.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import { decidedPeople, logLines } from '../../test/setup/decided-people.ts'
import { httpSink } from '../../test/setup/http-sink.ts'
import { testKeys } from '../../test/setup/operator-database.ts'
import { smtpSink } from '../../test/setup/smtp-sink.ts'
import { maxAttempts } from './backoff.ts'
import { createEmailChannel } from './channels/email.ts'
import { createSmsChannel } from './channels/sms.ts'
import { createWebhookChannel } from './channels/webhook.ts'
import type { Channel } from './notice.ts'
import { createNotifyDue, maxNotices } from './notify-due.ts'

const from = 'Junban <junban@example.org>'
const receipts = createReceipts(testKeys.receipt)
const secrets = ['new-secret-of-thirty-two-characters', 'old-secret-of-thirty-two-characters']
const person = { name: '佐藤 花子', email: 'hanako@example.com', phone: '+819012345678' }

const webhookTo = (url: string) => createWebhookChannel({ url: new URL(url), secrets, allowLoopback: true })
const smsTo = (url: string) => createSmsChannel({ url: new URL(url), token: 'the-token', allowLoopback: true })

async function notifier(...channels: Channel[]) {
  const people = await decidedPeople()
  const { lines, log } = logLines()
  const pool = people.as('junban_notifier')
  const another = () => createNotifyDue({ pool, masterKeys: testKeys.master, receipts, channels, log })
  return { ...people, pool, lines, another, notifyDue: another() }
}

test('who left an address is told once, in Japanese and English, on the clocks of the campaign, and not by name', async () => {
  const smtp = await smtpSink()
  const { decide, notifyDue, outbox } = await notifier(createEmailChannel({ url: smtp.url, from }))
  await decide(person)
  expect(await notifyDue()).toEqual({ claimed: 1, told: 1, again: 0, setAside: 0 })
  expect(await notifyDue()).toEqual({ claimed: 0, told: 0, again: 0, setAside: 0 })

  expect(smtp.mails).toHaveLength(1)
  const [mail] = smtp.mails
  expect(mail).toMatchObject({
    from: 'junban@example.org',
    to: ['hanako@example.com'],
    subject: '【医療従事者】予約が確定しました / Medics: your reservation is confirmed',
  })
  expect(mail!.text).toContain('2026年12月1日(火) 9:00')
  expect(mail!.text).toMatch(/1 December 2026.* 9:00/)
  expect(mail!.text).toContain('Tokyo <Hall> (千代田区 1-1)')
  expect(mail!.html).toContain('Tokyo &lt;Hall&gt; (千代田区 1-1)')
  expect(mail!.html).not.toContain('<Hall>')
  expect(mail!.text + mail!.html).not.toContain('花子')
  expect(await outbox()).toEqual([
    { event: 'booked', attempts: 1, told: ['email'], refused: [], sent: true, aside: null },
  ])
})

test('a webhook is signed with every secret, and nothing personal is in it', async () => {
  const hook = await httpSink()
  const { decide, notifyDue } = await notifier(webhookTo(hook.url))
  const id = await decide(person)
  await notifyDue()

  const [{ body, headers }] = hook.posted as [(typeof hook.posted)[0]]
  expect(JSON.parse(body)).toEqual({
    id: headers['idempotency-key'],
    event: 'booked',
    at: expect.stringMatching(/\+09:00$/),
    reservation: { id, campaign: 'medics', status: 'booked', reason: null },
    slots: [{ dose: 1, slotId: 'hall-1', startsAt: '2026-12-01T09:00:00+09:00' }],
  })
  const [time, ...tags] = String(headers['junban-signature']).split(',')
  const signed = (secret: string) =>
    `v1=${createHmac('sha256', secret)
      .update(`${time!.slice(2)}.${body}`)
      .digest('hex')}`
  expect(tags).toEqual(secrets.map(signed))
  expect(Math.abs(Date.now() / 1_000 - Number(time!.slice(2)))).toBeLessThan(60)
})

test('an SMS goes to the gateway with its token, and the same idempotency key at every try', async () => {
  const gateway = await httpSink((n) => (n === 1 ? 503 : 202))
  const { decide, notifyDue, makeDue, outbox } = await notifier(smsTo(gateway.url))
  await decide({ phone: person.phone })
  expect(await notifyDue()).toMatchObject({ again: 1 })
  expect(await notifyDue()).toMatchObject({ claimed: 0 }) // not before its pause is over
  await makeDue()
  expect(await notifyDue()).toMatchObject({ told: 1 })

  const [first, second] = gateway.posted
  expect(JSON.parse(second!.body)).toEqual({
    to: '+819012345678',
    text: '[医療従事者] 予約確定: 2026年12月1日(火) 9:00 Tokyo <Hall>\n[Medics] Booked: Tue, 1 December 2026 at 9:00 Tokyo <Hall>',
  })
  expect(second!.headers.authorization).toBe('Bearer the-token')
  expect(second!.headers['idempotency-key']).toBe(first!.headers['idempotency-key'])
  expect(await outbox()).toMatchObject([{ attempts: 2, told: ['sms'], sent: true }])
})

test('a channel that failed is tried again, the others are not', async () => {
  const smtp = await smtpSink()
  const hook = await httpSink((n) => (n < 3 ? 500 : 200))
  const { decide, notifyDue, makeDue, outbox } = await notifier(
    createEmailChannel({ url: smtp.url, from }),
    webhookTo(hook.url),
  )
  await decide(person)
  for (const expected of [{ again: 1 }, { again: 1 }, { told: 1 }]) {
    expect(await notifyDue()).toMatchObject(expected)
    await makeDue()
  }
  expect(smtp.mails).toHaveLength(1)
  expect(hook.posted).toHaveLength(3)
  expect(await outbox()).toMatchObject([{ told: ['email', 'webhook'], sent: true }])
})

test('an address that does not exist is refused for good: set aside at once, and no log line holds it', async () => {
  const smtp = await smtpSink((address) => `550 5.1.1 <${address}>: no such user`)
  const hook = await httpSink()
  const { decide, notifyDue, outbox, lines, operator } = await notifier(
    createEmailChannel({ url: smtp.url, from }),
    webhookTo(hook.url),
  )
  await decide(person)
  expect(await notifyDue()).toMatchObject({ claimed: 1, setAside: 1 })
  expect(await notifyDue()).toMatchObject({ claimed: 0 })
  const [row] = await outbox()
  expect(row).toMatchObject({
    told: ['webhook'],
    refused: ['email'],
    sent: false,
    aside: 'email: mail server: EENVELOPE 550',
  })
  expect(lines.join('')).toContain('notice set aside')
  expect(lines.join('') + JSON.stringify(row)).not.toMatch(/hanako|花子|9012345678|0123456789/)
  expect(await operator.query('select from outbox where set_aside_at is not null')).toMatchObject({ rowCount: 1 })
})

test('after its last attempt a notice is set aside, with a log line', async () => {
  const hook = await httpSink(() => 500)
  const { decide, notifyDue, owner, makeDue, outbox, lines } = await notifier(webhookTo(hook.url))
  await decide(person)
  await owner.query('update outbox set attempts = $1', [maxAttempts - 2])
  expect(await notifyDue()).toMatchObject({ again: 1, setAside: 0 })
  await makeDue()
  expect(await notifyDue()).toMatchObject({ again: 0, setAside: 1 })
  expect(await outbox()).toMatchObject([{ attempts: maxAttempts, sent: false, aside: 'webhook: answered 500' }])
  expect(lines.filter((line) => line.includes('notice set aside'))).toHaveLength(1)
})

test('what was set aside is told once an operator has it tried again, and only by the channels that had failed', async () => {
  const smtp = await smtpSink()
  let status = 410
  const hook = await httpSink(() => status)
  const { decide, notifyDue, operator, outbox } = await notifier(
    createEmailChannel({ url: smtp.url, from }),
    webhookTo(hook.url),
  )
  await decide(person)
  expect(await notifyDue()).toMatchObject({ setAside: 1 })
  expect(await readNoticeDepth(operator)).toMatchObject({ waiting: 0, setAside: 1, oldestAgeSeconds: null })
  status = 200
  expect(await retryNotices(operator)).toBe(1)
  expect(await readNoticeDepth(operator)).toMatchObject({ waiting: 1, setAside: 0 })
  expect(await notifyDue()).toMatchObject({ told: 1 })
  expect(smtp.mails).toHaveLength(1)
  expect(await outbox()).toMatchObject([{ attempts: 1, told: ['email', 'webhook'], refused: [], sent: true }])
})

test('three notifiers at once tell each of 100 people once', async () => {
  const hook = await httpSink()
  const { decide, another } = await notifier(webhookTo(hook.url))
  const ids = []
  for (let n = 0; n < 100; n += 1) ids.push(await decide(person))
  await Promise.all(
    [another(), another(), another()].map(async (notifyDue) => {
      while ((await notifyDue()).claimed > 0);
    }),
  )
  expect(hook.posted.map(({ body }) => JSON.parse(body).reservation.id).sort()).toEqual(ids.sort())
})

test('who claims passes by what another is claiming at that moment', async () => {
  const { decide, pool } = await notifier()
  for (let n = 0; n < 30; n += 1) await decide(person)
  const [first, second] = await transaction(pool, async (tx) => [
    await claimDueNotices(tx, 20, 120),
    await claimDueNotices(pool, 20, 120),
  ])
  expect([first!.length, second!.length]).toEqual([20, 10])
  expect(new Set([...first!, ...second!].map(({ id }) => id)).size).toBe(30)
})

test('what a notifier had claimed when it died is told by another once the claim has run out', async () => {
  const hook = await httpSink()
  const { decide, notifyDue, pool, makeDue } = await notifier(webhookTo(hook.url))
  await decide(person)
  expect(await claimDueNotices(pool, maxNotices, 120)).toHaveLength(1)
  expect(await notifyDue()).toMatchObject({ claimed: 0 })
  await makeDue()
  expect(await notifyDue()).toMatchObject({ told: 1 })
})

test('an outcome that was overtaken is not told; the later one is', async () => {
  const smtp = await smtpSink()
  const { decide, notifyDue, as, outbox } = await notifier(createEmailChannel({ url: smtp.url, from }))
  const id = await decide(person, { event: 'booked', status: 'cancelled' })
  await as('junban_allocator').query(
    `insert into outbox (campaign_id, reservation_id, event) values ('medics', $1, 'cancelled')`,
    [id],
  )
  expect(await notifyDue()).toMatchObject({ claimed: 2, told: 2 })
  expect(smtp.mails.map(({ subject }) => subject)).toEqual([
    '【医療従事者】予約を取り消しました / Medics: your reservation is cancelled',
  ])
  expect(await outbox()).toMatchObject([
    { event: 'booked', told: [], sent: true },
    { event: 'cancelled', told: ['email'], sent: true },
  ])
})

test('every outcome has its words, and one of a kind not known here is told by its status', async () => {
  const smtp = await smtpSink()
  const { decide, notifyDue } = await notifier(createEmailChannel({ url: smtp.url, from }))
  await decide(person, { status: 'waitlisted', event: 'waitlisted' })
  await decide(person, { status: 'rejected', event: 'rejected' })
  await decide(person, { status: 'booked', event: 'moved' })
  await decide(person, { status: 'booked', event: 'something-new' })
  await notifyDue()
  expect(smtp.mails.map(({ subject }) => subject.split(' / ')[1]).sort()).toEqual([
    'Medics: no reservation could be made',
    'Medics: you are on the waiting list',
    'Medics: your reservation is confirmed',
    'Medics: your reservation was changed',
  ])
  expect(smtp.mails.map(({ text }) => text).join()).toContain('All the places you asked for were taken.')
})

test('nobody is told whose campaign’s key was erased; where a master key is missing, everybody is told later', async () => {
  const smtp = await smtpSink()
  const email = createEmailChannel({ url: smtp.url, from })
  const { decide, pool, owner, outbox, makeDue, notifyDue } = await notifier(email)
  await decide(person)
  const { log } = logLines()
  const wrongKey = [{ id: 'other', secret: Buffer.alloc(32, 9) }]
  const without = createNotifyDue({ pool, masterKeys: wrongKey, receipts, channels: [email], log })
  expect(await without()).toMatchObject({ again: 1, told: 0 })
  await owner.query('update campaign_keys set wrapped = null, erased_at = now()')
  await makeDue()
  expect(await notifyDue()).toMatchObject({ told: 1 })
  expect(smtp.mails).toEqual([])
  expect(await outbox()).toMatchObject([{ told: [], sent: true }])
})

test('a box that cannot be opened is in nobody else’s way', async () => {
  const hook = await httpSink()
  const { decide, notifyDue } = await notifier(webhookTo(hook.url))
  await decide(person, { broken: true })
  await decide(person)
  expect(await notifyDue()).toMatchObject({ claimed: 2, told: 1, again: 1 })
  expect(hook.posted).toHaveLength(2)
})

test('the notifier’s role sees boxes of people whom it has claimed to tell, until they are told, and no others', async () => {
  const hook = await httpSink()
  const { decide, notifyDue, pool } = await notifier(webhookTo(hook.url))
  const due = await decide(person)
  await decide(person, { event: null })
  await decide(person)
  const seen = async () => (await pool.query('select id from reservations')).rows
  expect(await seen()).toEqual([])
  await claimDueNotices(pool, 1, 0)
  expect(await seen()).toEqual([{ id: due }])
  await notifyDue()
  expect(await seen()).toEqual([])
  await expect(pool.query('select choices from reservations')).rejects.toThrow(/permission denied/)
  await expect(pool.query('select * from vouchers')).rejects.toThrow(/permission denied/)
  await expect(pool.query('select requests from batches')).rejects.toThrow(/permission denied/)
  await expect(pool.query('delete from outbox')).rejects.toThrow(/permission denied/)
})
