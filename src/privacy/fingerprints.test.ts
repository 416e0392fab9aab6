import { expect, test } from 'vitest'
import { Uuid } from '../domain/ids.ts'
import { ReservationRequest } from '../domain/reservation.ts'
import { createFingerprints } from './fingerprints.ts'

const keyOf = (byte: number) => ({ id: 'v1', secret: Buffer.alloc(32, byte) })
const fingerprints = createFingerprints(keyOf(3))
const others = createFingerprints(keyOf(4))

const sent = (text: string) => ReservationRequest.parse(JSON.parse(text))
const body = `{"voucher":"0123456789","birthDate":"1980-01-02","choices":[{"slotId":"a"},{"locationIds":["e","w"],"from":"2026-12-01","to":"2026-12-02"}]}`
const idOf = (text: string, { campaign = 'medics', key = undefined as string | undefined, by = fingerprints } = {}) =>
  by.reservationId(campaign, key, sent(text))

const allDiffer = (values: string[]) => expect(new Set(values).size).toBe(values.length)

test('a person is the same each time, in another process too, and another for any other voucher, birth date or campaign', () => {
  const same = createFingerprints(keyOf(3))
  expect(same.person('medics', '0123456789', '1980-01-02')).toEqual(
    fingerprints.person('medics', '0123456789', '1980-01-02'),
  )
  allDiffer([
    fingerprints.person('medics', '0123456789', '1980-01-02'),
    fingerprints.person('medics', '0123456788', '1980-01-02'),
    fingerprints.person('medics', '0123456789', '1980-01-03'),
    fingerprints.person('teachers', '0123456789', '1980-01-02'),
    others.person('medics', '0123456789', '1980-01-02'),
    fingerprints.voucher('medics', '0123456789'),
    fingerprints.voucher('teachers', '0123456789'),
    others.voucher('medics', '0123456789'),
  ])
  expect(fingerprints.person('medics', '1', '2')).toMatch(/^[0-9a-f]{32}$/)
  expect(fingerprints.voucher('medics', '1')).toMatch(/^[0-9a-f]{32}$/)
})

test('where one value ends and the next begins makes a difference', () => {
  allDiffer([
    fingerprints.person('a', 'bc', '1980-01-02'),
    fingerprints.person('ab', 'c', '1980-01-02'),
    fingerprints.voucher('a', 'bc'),
    fingerprints.voucher('ab', 'c'),
  ])
})

test('the same request has the same id: whatever the order of its fields, its spaces, its digits or its defaults', () => {
  const id = idOf(body)
  expect(idOf(body)).toBe(id)
  expect(
    idOf(`{ "choices": [ {"slotId":"a"}, {"to":"2026-12-02","from":"2026-12-01","locationIds":["e","w"]} ],
            "birthDate": "1980-01-02", "voucher": "0123456789" }`),
  ).toBe(id)
  expect(idOf(body.replace('0123456789', '０１２３４５６７８９'))).toBe(id)
  expect(idOf(body.replace('{', '{"waitlist":false,'))).toBe(id)
})

test('another body, key, campaign or secret has another id', () => {
  allDiffer([
    idOf(body),
    idOf(body, { key: 'k' }),
    idOf(body, { key: 'l' }),
    // The key "null" is not the absence of a key.
    idOf(body, { key: 'null' }),
    idOf(body, { campaign: 'teachers' }),
    idOf(body, { by: others }),
    idOf(body.replace('0123456789', '0123456788')),
    idOf(body.replace('1980', '1981')),
    idOf(body.replace('{', '{"waitlist":true,')),
    idOf(body.replace('{', '{"person":{"name":"A"},')),
    idOf(body.replace('"e","w"', '"w","e"')),
    idOf(body.replace('{"slotId":"a"},', '')),
  ])
})

test('an id is a UUID that every place takes: of version 8, in lower case', () => {
  for (let at = 0; at < 100; at += 1) {
    const id = idOf(body, { key: `k${at}` })
    expect(Uuid.parse(id)).toBe(id)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
})
