import { expect, test } from 'vitest'
import { coalesce } from './coalesce.ts'

/** A read of many keys that ends when the test says so. */
function reads() {
  const asked: (PromiseWithResolvers<Map<string, string>> & { keys: string[] })[] = []
  const ask = coalesce((keys) => {
    const answer = { keys, ...Promise.withResolvers<Map<string, string>>() }
    asked.push(answer)
    return answer.promise
  })
  return { ask, asked, keys: () => asked.map((one) => one.keys) }
}
const settle = async () => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
const upper = (keys: string[]) => new Map(keys.map((key) => [key, key.toUpperCase()]))

test('keys asked for in one turn of the event loop are read together, the same key once', async () => {
  const { ask, asked, keys } = reads()
  const answers = [ask('a'), ask('b'), ask('a')]
  await settle()
  expect(keys()).toEqual([['a', 'b']])
  asked[0]!.resolve(upper(['a', 'b']))
  expect(await Promise.all(answers)).toEqual(['A', 'B', 'A'])
})

test('what is asked for while a read is under way is read anew in the next, the same keys too', async () => {
  const { ask, asked, keys } = reads()
  const first = ask('a')
  await settle()
  const later = [ask('a'), ask('b')]
  await settle()
  expect(keys()).toEqual([['a']])
  asked[0]!.resolve(new Map([['a', 'before']]))
  expect(await first).toBe('before')
  await settle()
  expect(keys()).toEqual([['a'], ['a', 'b']])
  asked[1]!.resolve(upper(['a', 'b']))
  expect(await Promise.all(later)).toEqual(['A', 'B'])
})

test('a key that the answer lacks is undefined', async () => {
  const { ask, asked } = reads()
  const answer = ask('a')
  await settle()
  asked[0]!.resolve(new Map())
  expect(await answer).toBeUndefined()
})

test('a read that fails fails those who asked in it, and no one else', async () => {
  const { ask, asked } = reads()
  const failed = expect(Promise.all([ask('a')])).rejects.toThrow('postgres is away')
  await settle()
  const next = ask('b')
  asked[0]!.reject(new Error('postgres is away'))
  await failed
  await settle()
  asked[1]!.resolve(upper(['b']))
  expect(await next).toBe('B')
})

test('a storm of 1,201 keys is three reads of at most 500', async () => {
  const { ask, asked } = reads()
  const answers = Array.from({ length: 1_201 }, (_, at) => ask(`k${at}`))
  for (let read = 0; read < 3; read += 1) {
    await settle()
    asked[read]!.resolve(upper(asked[read]!.keys))
  }
  expect(await Promise.all(answers)).toEqual(answers.map((_, at) => `K${at}`))
  expect(asked.map(({ keys }) => keys.length)).toEqual([500, 500, 201])
})
