import { expect, test } from 'vitest'
import { insertRecovery } from '#src/postgres/recoveries.ts'
import { seal } from '#src/privacy/boxes.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import { decidedPeople, logLines } from '../../test/setup/decided-people.ts'
import { httpSink } from '../../test/setup/http-sink.ts'
import { testFingerprints, testKeys } from '../../test/setup/operator-database.ts'
import { smtpSink } from '../../test/setup/smtp-sink.ts'
import { createAnswerRecoveries } from './answer-recoveries.ts'
import { createEmailChannel } from './channels/email.ts'
import { createWebhookChannel } from './channels/webhook.ts'
import { createNotifyDue } from './notify-due.ts'

const hanako = { voucher: '1234500000', birthDate: '1981-02-03' }
const email = 'hanako@example.com'
const receipts = createReceipts(testKeys.receipt)

async function desk() {
  const people = await decidedPeople()
  const { log } = logLines()
  const [api, pool] = [people.as('junban_api'), people.as('junban_notifier')]
  const smtp = await smtpSink()
  const hook = await httpSink()
  const secrets = ['a-secret-of-thirty-two-characters!']
  const channels = [
    createEmailChannel({ url: smtp.url, from: 'Junban <junban@example.org>' }),
    createWebhookChannel({ url: new URL(hook.url), secrets, allowLoopback: true }),
  ]
  const notifyDue = createNotifyDue({ pool, masterKeys: testKeys.master, receipts, channels, log })
  const answerRecoveries = createAnswerRecoveries({ pool, masterKeys: testKeys.master, log })
  return {
    ...people,
    smtp,
    hook,
    /** As the API notes it, in its role. */
    recover: ({ voucher, birthDate }: typeof hanako) => {
      const fingerprint = testFingerprints.person('medics', voucher, birthDate)
      const box = seal({ voucher, birthDate }, people.dataKey, fingerprint, 'recoveries.box')
      return insertRecovery(api, {
        campaign: 'medics',
        fingerprint,
        voucherKey: testFingerprints.voucher('medics', voucher),
        box,
      })
    },
    /** Looks up what is due, then tells it; the receipts that were told. */
    async answer() {
      const looked = await answerRecoveries()
      await notifyDue()
      return looked
    },
    makeLookDue: () => pool.query('update recoveries set next_at = now() where next_at is not null'),
    rows: () =>
      people
        .as('junban_notifier')
        .query(
          'select tries, next_at is not null as waits, box is not null as sealed, told_at is not null as told from recoveries',
        )
        .then(({ rows }) => rows),
  }
}
test('a fresh receipt goes to the contact of the reservation, once, and works; a webhook hears nothing of it', async () => {
  const { decide, recover, answer, smtp, hook, rows } = await desk()
  const id = await decide({ email }, { event: null, pair: hanako })
  await recover(hanako)
  expect(await answer()).toEqual({ looked: 1, found: 1 })
  expect(smtp.mails).toHaveLength(1)
  const [mail] = smtp.mails
  expect(mail).toMatchObject({ to: [email], subject: '【医療従事者】受付票の再発行 / Medics: your receipt' })
  const [, receipt] = /^Receipt: (\S+)$/m.exec(mail!.text) ?? []
  const decoded = receipts.verify(receipt!, Date.now() / 1_000)
  expect(decoded).toMatchObject({ reservationId: id, campaign: 'medics', lane: 'web', place: 0 })
  expect(hook.posted).toEqual([])
  expect(await rows()).toEqual([{ tries: 1, waits: false, sealed: false, told: true }])
  expect(await answer()).toEqual({ looked: 0, found: 0 })
})

test('a receipt names the batch in which the request stands, and its place there', async () => {
  const { decide, recover, answer, smtp, read } = await desk()
  await decide({ email: 'other@example.com' }, { event: null })
  await decide({ email }, { event: null, pair: hanako })
  await recover(hanako)
  await answer()
  const [, receipt] = /^Receipt: (\S+)$/m.exec(smtp.mails[0]!.text) ?? []
  const [batch] = await read('select id from batches where first_number = 2')
  expect(receipts.verify(receipt!, Date.now() / 1_000)).toMatchObject({ batchId: batch.id, place: 0 })
})

test.each([
  ['the birth date is another', { ...hanako, birthDate: '1981-02-04' }],
  ['nobody has this voucher', { ...hanako, voucher: '9999999999' }],
])('when %s nobody is told, however often it is looked up', async (_, pair) => {
  const { decide, recover, answer, makeLookDue, outbox, rows } = await desk()
  await decide({ email }, { event: null, pair: hanako })
  await recover(pair)
  for (let look = 0; look < 4; look += 1) {
    expect(await answer()).toEqual({ looked: 1, found: 0 })
    await makeLookDue()
  }
  expect(await answer()).toEqual({ looked: 0, found: 0 })
  expect(await outbox()).toEqual([])
  expect(await rows()).toEqual([{ tries: 4, waits: false, sealed: false, told: false }])
})

test('who left no contact, and whose reservation was rejected, is not told', async () => {
  const { decide, recover, answer, outbox } = await desk()
  await decide({ name: '花子' }, { event: null, pair: hanako })
  const taro = { ...hanako, voucher: '1234500001' }
  await decide({ email }, { event: null, status: 'rejected', pair: taro })
  await recover(hanako)
  await recover(taro)
  expect(await answer()).toEqual({ looked: 2, found: 0 })
  expect(await outbox()).toEqual([])
})

test('who asks before the request was decided is told after it was', async () => {
  const { decide, recover, answer, makeLookDue, smtp } = await desk()
  await recover(hanako)
  expect(await answer()).toEqual({ looked: 1, found: 0 })
  await decide({ email }, { event: null, pair: hanako })
  await makeLookDue()
  expect(await answer()).toEqual({ looked: 1, found: 1 })
  expect(smtp.mails).toHaveLength(1)
})

test('who is asked for again and again is told once in ten minutes', async () => {
  const { decide, recover, answer, smtp, as } = await desk()
  await decide({ email }, { event: null, pair: hanako })
  for (const found of [1, 0, 0]) {
    await recover(hanako)
    expect(await answer()).toEqual({ looked: 1, found })
  }
  expect(smtp.mails).toHaveLength(1)
  await as('junban_notifier').query(`update recoveries set told_at = told_at - interval '11 minutes'`)
  await recover(hanako)
  expect(await answer()).toEqual({ looked: 1, found: 1 })
  expect(smtp.mails).toHaveLength(2)
})

test('the API can note an ask and read nothing of it back', async () => {
  const { recover, as } = await desk()
  await recover(hanako)
  await expect(as('junban_api').query('select box from recoveries')).rejects.toMatchObject({ code: '42501' })
  await expect(as('junban_api').query('select told_at from recoveries')).rejects.toMatchObject({ code: '42501' })
  await expect(as('junban_operator').query('select 1 from recoveries')).rejects.toMatchObject({ code: '42501' })
})
