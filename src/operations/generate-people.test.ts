import { expect, test } from 'vitest'
import { generatePeople, generatePerson } from './generate-people.ts'

test('the same seed gives the same people, another seed others', () => {
  expect([...generatePeople(3, 1)]).toEqual([...generatePeople(3, 1)])
  expect([...generatePeople(3, 1)]).not.toEqual([...generatePeople(3, 2)])
  expect([...generatePeople(3, 1)]).toEqual([0, 1, 2].map((index) => generatePerson(index, 1)))
})

test('the first three of seed 1 stay who they are: load scripts and registers made apart must agree', () => {
  expect([...generatePeople(3, 1)]).toEqual([
    { voucher: '0197313150', birthDate: '1935-03-22' },
    { voucher: '0159650874', birthDate: '1935-10-18' },
    { voucher: '3874278953', birthDate: '1992-08-27' },
  ])
})

test('no two of 300,000 people share a voucher, wherever the numbering begins', () => {
  for (const first of [0, 9_999_700_000]) {
    const vouchers = new Set(Array.from({ length: 300_000 }, (_, index) => generatePerson(first + index, 5).voucher))
    expect(vouchers.size).toBe(300_000)
  }
})

test('every person has ten digits and a birth date between 1930 and 2004', () => {
  for (const { voucher, birthDate } of generatePeople(10_000, 3)) {
    expect(voucher).toMatch(/^\d{10}$/)
    expect(birthDate >= '1930-01-01' && birthDate <= '2004-12-31').toBe(true)
  }
})
