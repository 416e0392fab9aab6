import { expect, test } from 'vitest'
import { keepRunning } from './keep-running.ts'

/** Something that can be made to end, as a process ends when it is killed. */
function createFake(pid: number) {
  let end = () => {}
  let stopped = false
  const exited = new Promise<void>((done) => {
    end = done
  })
  return {
    pid,
    exited,
    end,
    get stopped() {
      return stopped
    },
    async stop() {
      stopped = true
      end()
    },
  }
}

test('what ends by itself is started again, told in a line, and what runs in the end is stopped', async () => {
  const made: ReturnType<typeof createFake>[] = []
  const lines: string[] = []
  const again = Promise.withResolvers<void>()
  const kept = await keepRunning(
    'it',
    async () => {
      const fake = createFake(made.length)
      made.push(fake)
      if (made.length === 2) again.resolve()
      return fake
    },
    (line) => lines.push(line),
  )
  made[0]!.end()
  await again.promise
  await kept.stop()
  expect(made.map(({ stopped }) => stopped)).toEqual([false, true])
  expect(lines).toEqual(['it ended: starting it again in 0.5 s'])
  expect(kept.ends).toBe(1)
})

test('a first start that fails is the failure of the caller', async () => {
  const never = async () => {
    throw new Error('no')
  }
  await expect(keepRunning('it', never, () => {})).rejects.toThrow('no')
})
