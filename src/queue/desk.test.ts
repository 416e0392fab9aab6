import { expect, onTestFinished, test } from 'vitest'
import { testLog } from '../../test/setup/operator-database.ts'
import { createDesk } from './desk.ts'

/** A desk whose passes begin when they are waited for and end when the test says so. */
function deskWithPasses() {
  const passes: PromiseWithResolvers<void>[] = []
  let running = 0
  let most = 0
  const desk = createDesk({
    campaign: 'medics',
    decideAll: async () => {
      const pass = Promise.withResolvers<void>()
      passes.push(pass)
      running += 1
      most = Math.max(most, running)
      await pass.promise.finally(() => {
        running -= 1
      })
    },
    log: testLog,
  })
  onTestFinished(() => {
    const stopped = desk.stop()
    for (const { resolve } of passes) resolve()
    return stopped
  })
  return { desk, passes, most: () => most }
}

/** Whether a promise has settled by the time that everything that is ready has run. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false
  promise.finally(() => {
    done = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  return done
}

test('a wake while nothing runs is answered by a pass at once', async () => {
  const { desk, passes } = deskWithPasses()
  const woken = desk.wake()
  expect(passes).toHaveLength(1)
  expect(await isDone(woken)).toBe(false)
  passes[0]!.resolve()
  expect(await isDone(woken)).toBe(true)
})

test('however many wake it during a pass, one more pass answers them all: one that began after the last of them', async () => {
  const { desk, passes, most } = deskWithPasses()
  const first = desk.wake()
  const during = [desk.wake(), desk.wake(), desk.wake()]
  passes[0]!.resolve()
  expect(await isDone(first)).toBe(true)
  expect(await isDone(during[0]!)).toBe(false)
  expect(passes).toHaveLength(2)
  const duringTheSecond = desk.wake()
  passes[1]!.resolve()
  for (const one of during) expect(await isDone(one)).toBe(true)
  expect(await isDone(duringTheSecond)).toBe(false)
  expect(passes).toHaveLength(3)
  passes[2]!.resolve()
  expect(await isDone(duringTheSecond)).toBe(true)
  expect(passes).toHaveLength(3)
  expect(most()).toBe(1)
})

test('a pass that fails is tried again, and the wake is answered when it has succeeded', async () => {
  let tries = 0
  const desk = createDesk({
    campaign: 'medics',
    decideAll: async () => {
      tries += 1
      if (tries < 3) throw new Error('postgres is away')
    },
    log: testLog,
  })
  await desk.wake()
  expect(tries).toBe(3)
})

test('stopped, it lets the pass in flight end and does not try a failing one again', async () => {
  const { desk, passes } = deskWithPasses()
  const woken = desk.wake()
  const stopped = desk.stop()
  expect(desk.isStopping()).toBe(true)
  expect(await isDone(stopped)).toBe(false)
  passes[0]!.reject(new Error('postgres is away'))
  await Promise.all([woken, stopped])
  await desk.wake()
  expect(passes).toHaveLength(1)
})

test('a stop cuts the pause after a failure short', async () => {
  let tries = 0
  const desk = createDesk({
    campaign: 'medics',
    decideAll: async () => {
      tries += 1
      throw new Error('postgres is away')
    },
    log: testLog,
  })
  const woken = desk.wake()
  expect(await isDone(woken)).toBe(false)
  const tried = tries
  const start = performance.now()
  await desk.stop()
  await woken
  expect(tries).toBe(tried)
  expect(performance.now() - start).toBeLessThan(1_000)
})
