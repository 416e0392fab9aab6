import { expect, test } from 'vitest'
import { findNoIntake, longestGap } from './outages.ts'

const apis = ['one', 'two']
const outage = (part: string, from: number, to: number | null = null) => ({ part, from, to })

test('nobody can be accepted while both stores are away, and no longer', () => {
  expect(findNoIntake([outage('redis', 10, 50), outage('postgres', 30, 70)], apis, 100)).toEqual([{ from: 30, to: 50 }])
  expect(findNoIntake([outage('redis', 10, 50), outage('postgres', 60, 70)], apis, 100)).toEqual([])
})

test('one API in reach of the clients with one store in its reach is enough', () => {
  const oneAndRedis = [outage('one', 0), outage('redis', 0)]
  expect(findNoIntake(oneAndRedis, apis, 100)).toEqual([])
  expect(findNoIntake([...oneAndRedis, outage('two>postgres', 20, 30)], apis, 100)).toEqual([{ from: 20, to: 30 }])
  expect(findNoIntake([...oneAndRedis, outage('clients>two', 90)], apis, 100)).toEqual([{ from: 90, to: 100 }])
})

test('two causes of one outage end it when both have ended', () => {
  const both = [outage('postgres', 0, 100), outage('redis', 10, 30), outage('redis', 20, 60)]
  expect(findNoIntake(both, apis, 100)).toEqual([{ from: 10, to: 60 }])
})

test('the longest gap is what is left of it without the time in which nobody could be accepted', () => {
  expect(longestGap([0, 10, 500, 510], [])).toBe(490)
  expect(longestGap([510, 0, 500, 10], [{ from: 100, to: 400 }])).toBe(190)
  expect(longestGap([0, 100, 300], [{ from: 250, to: 1_000 }])).toBe(150)
  expect(
    longestGap(
      [0, 1_000],
      [
        { from: 300, to: 600 },
        { from: 100, to: 400 },
        { from: 350, to: 380 },
      ],
    ),
  ).toBe(500) // overlapping: once
  expect(longestGap([], [])).toBe(0)
})
