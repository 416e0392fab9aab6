import { expect, test } from 'vitest'
import { allFaults, pairs } from './kinds/all.ts'
import { readOptions } from './options.ts'
import { createRequests } from './requests.ts'

const first = (count: number, args: string[]) =>
  [...Iterator.from(readOptions(args).plan).take(count)].map(({ key, seed, fault }) => ({
    key,
    seed,
    fault: fault.name,
  }))

const requests = (seed: number) => {
  const requestOf = createRequests({ seed, campaign: 'same', agentKey: 'key' })
  return Array.from({ length: 500 }, (_, n) => requestOf(n, () => undefined))
}

test('a seed decides faults and moments, and any one of them can be run alone', () => {
  const all = first(50, ['--seed', '7'])
  expect(first(50, ['--seed', '7'])).toEqual(all)
  expect(first(50, ['--seed', '8'])).not.toEqual(all)
  expect(first(1, ['--seed', '7', '--from', '33', '--faults', '1'])).toEqual([all[32]])
  expect(all.filter(({ fault }) => fault.includes(' + ')).length).toBeGreaterThan(5)
})

test('the table does each kind of fault once, in parts too', () => {
  const each = first(1_000, ['--table'])
  expect(each.map(({ fault }) => fault)).toEqual([...allFaults, ...pairs].map(({ name }) => name))
  expect(['1/3', '2/3', '3/3'].flatMap((part) => first(1_000, ['--table', '--part', part]))).toEqual(each)
})

test('a seed decides every request: the same again, another for another seed', () => {
  expect(requests(7)).toEqual(requests(7))
  expect(requests(8)).not.toEqual(requests(7))
  const counts = Map.groupBy(requests(7), ({ headers, expects }) =>
    expects === 403 ? 'unknown' : headers.authorization ? 'agent' : 'web',
  )
  expect([...counts.keys()].toSorted()).toEqual(['agent', 'unknown', 'web'])
})
