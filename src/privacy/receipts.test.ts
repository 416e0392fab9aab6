import { createHmac } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { lanes } from '../domain/lane.ts'
import { createReceipts, type Receipt } from './receipts.ts'

const keyOf = (id: string, byte: number) => ({ id, secret: Buffer.alloc(32, byte) })
const [older, newer] = [keyOf('r1', 1), keyOf('r2', 2)]
const receipts = createReceipts([newer, older])

const now = 1_780_000_000
const receipt: Receipt = {
  reservationId: '0b6f4a3e-6f5e-8c3a-9d2b-1a2b3c4d5e6f',
  campaign: 'tokyo-medics',
  lane: 'web',
  batchId: '7f0c6a52-93a5-4b3f-8a11-5b1d2f3e4c6d',
  place: 499,
  expiresAt: now + 60,
}
const token = receipts.sign(receipt)
const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

test('whatever was signed is read back, and stands in a header as it is', () => {
  fc.assert(
    fc.property(
      fc.record({
        reservationId: fc.uuid(),
        batchId: fc.uuid(),
        campaign: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,62}$/),
        lane: fc.constantFrom(...lanes),
        place: fc.nat(499),
        expiresAt: fc.integer({ min: now, max: 0xffff_ffff }),
      }),
      (made) => {
        const signed = receipts.sign(made)
        expect(signed).toMatch(/^[A-Za-z0-9_-]{1,600}$/)
        expect(receipts.verify(signed, now)).toEqual(made)
      },
    ),
    { numRuns: 300 },
  )
})

test('a receipt with any one character changed into any other is none', () => {
  for (let at = 0; at < token.length; at += 1)
    for (const other of `${base64url}=+/. `) {
      if (other === token[at]) continue
      const changed = token.slice(0, at) + other + token.slice(at + 1)
      expect(receipts.verify(changed, now), `character ${at} as "${other}"`).toBeNull()
    }
})

test('a receipt with anything cut off, added or moved is none', () => {
  for (let length = 0; length < token.length; length += 1)
    expect(receipts.verify(token.slice(0, length), now)).toBeNull()
  for (let at = 1; at < token.length; at += 1) expect(receipts.verify(token.slice(at), now)).toBeNull()
  for (const extra of [...base64url, '=', '==', ' ', '\n', '.', '\0'])
    for (const added of [token + extra, extra + token]) expect(receipts.verify(added, now)).toBeNull()
  expect(receipts.verify(token + token, now)).toBeNull()
  expect(receipts.verify(token.toLowerCase(), now)).toBeNull()
})

test('whatever else somebody sends is none', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => receipts.verify(text, now) === null))
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 500 }),
      (bytes) => receipts.verify(Buffer.from(bytes).toString('base64url'), now) === null,
    ),
  )
  const claims = Buffer.from(JSON.stringify({ sub: receipt.reservationId })).toString('base64url')
  for (const alg of ['none', 'None', 'HS256'])
    expect(
      receipts.verify(`${Buffer.from(JSON.stringify({ alg, typ: 'JWT' })).toString('base64url')}.${claims}.`, now),
    ).toBeNull()
})

test('a receipt signed by somebody else’s key is none, whichever key it names', () => {
  const forged = createReceipts([keyOf('r2', 99)]).sign(receipt)
  expect(createReceipts([keyOf('r2', 99)]).verify(forged, now)).toEqual(receipt)
  expect(receipts.verify(forged, now)).toBeNull()
  expect(receipts.verify(createReceipts([keyOf('r9', 2)]).sign(receipt), now)).toBeNull()
})

test('the tag of one receipt does not fit another: not another campaign’s, place’s or key’s', () => {
  const tag = Buffer.from(token, 'base64url').subarray(-16)
  const withTag = (fields: Partial<Receipt>, by = receipts) => {
    const bytes = Buffer.from(by.sign({ ...receipt, ...fields }), 'base64url')
    return Buffer.concat([bytes.subarray(0, -16), tag]).toString('base64url')
  }
  expect(withTag({})).toBe(token)
  const fields: Partial<Receipt>[] = [
    { campaign: 'tokyo-medicz' },
    { place: 498 },
    { lane: 'agent' },
    { reservationId: receipt.batchId },
    { expiresAt: now + 61 },
  ]
  for (const changed of fields) expect(receipts.verify(withTag(changed), now)).toBeNull()
  expect(receipts.verify(withTag({}, createReceipts([older])), now)).toBeNull()
})

test('a receipt whose lengths do not fit what follows is none, though its tag is right', () => {
  // Only whoever has the key could make such a tag.
  const body = Buffer.from(token, 'base64url').subarray(0, -16)
  const keyLengthAt = 41 + receipt.campaign.length
  expect([body[40], body[keyLengthAt]]).toEqual([receipt.campaign.length, newer.id.length])
  for (const at of [40, keyLengthAt])
    for (const step of [-1, 1, 100]) {
      const other = Buffer.from(body)
      other[at]! += step
      const tag = createHmac('sha256', newer.secret).update(other).digest().subarray(0, 16)
      expect(receipts.verify(Buffer.concat([other, tag]).toString('base64url'), now)).toBeNull()
    }
})

test('a receipt works until the second in which it expires, and not after', () => {
  expect(receipts.verify(token, receipt.expiresAt)).toEqual(receipt)
  expect(receipts.verify(token, receipt.expiresAt + 1)).toBeNull()
  const farAhead = receipts.sign({ ...receipt, expiresAt: 2 ** 40 })
  expect(receipts.verify(farAhead, now)?.expiresAt).toBe(0xffff_ffff)
})

test('after a rotation older receipts still work and new ones are signed by the newest key; a key taken away ends its own', () => {
  const old = createReceipts([older]).sign(receipt)
  expect(receipts.verify(old, now)).toEqual(receipt)
  expect(createReceipts([newer]).verify(token, now)).toEqual(receipt)
  expect(createReceipts([newer]).verify(old, now)).toBeNull()
})

test('without a key there are no receipts', () => {
  expect(() => createReceipts([])).toThrow('bug: no receipt key')
})
