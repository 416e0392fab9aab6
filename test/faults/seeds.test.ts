import { expect, test } from 'vitest'
import { maxOpenRequests } from '#src/intake/open-requests.ts'
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
  const requestOf = createRequests({ seed, trial: 'same', agentKey: 'key' })
  const earlier = async (n: number) => ({ reservationId: `told-${n}`, receipt: `receipt-${n}` })
  return Promise.all(Array.from({ length: 1_000 }, async (_, n) => (await requestOf(n, earlier))!))
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

test('a seed decides every request: the same again, another for another seed', async () => {
  const all = await requests(7)
  expect(await requests(7)).toEqual(all)
  expect(await requests(8)).not.toEqual(all)
  const counts = Map.groupBy(all, ({ method, headers, expects }) => {
    if (method !== 'POST') return method
    return expects === 403 ? 'unknown' : headers.authorization ? 'agent' : 'web'
  })
  expect([...counts.keys()].toSorted()).toEqual(['DELETE', 'PUT', 'agent', 'unknown', 'web'])
})

test('nobody has more commands open than the service lets them have', async () => {
  for (const seed of [7, 8, 9]) {
    const commands = (await requests(seed)).filter(({ method }) => method !== 'POST')
    expect(commands.length).toBeGreaterThan(50)
    const ofEach = Map.groupBy(commands, ({ headers }) => headers.authorization)
    const keys = [...ofEach.values()].map((some) => new Set(some.map(({ headers }) => headers['idempotency-key'])).size)
    expect(Math.max(...keys)).toBeLessThanOrEqual(maxOpenRequests)
  }
})
