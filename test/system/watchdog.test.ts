import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bodyOf, bookAccepted } from './book.ts'
import { untilOneDecided } from './decided.ts'
import { startStack } from './stack.ts'

test('an allocator that is stuck while something waits leaves by itself, and the one that is started in its place decides', async () => {
  const stack = await startStack({ env: { NODE_OPTIONS: `--import=${join(import.meta.dirname, 'wedge.ts')}` } })
  await stack.addCampaign({ id: 'stuck', slots: { a: 10 } })
  const [api, allocator] = [stack.apis[0]!, stack.allocators[0]!]
  await untilOneDecided(api, await bookAccepted(api, 'stuck', bodyOf(1, 'a')))

  allocator.signal('SIGWINCH')
  const waiting = await bookAccepted(api, 'stuck', bodyOf(2, 'a'))
  await allocator.left()
  expect(readFileSync(join(stack.logs, 'allocator-1.log'), 'utf8')).toContain('nothing is decided though it could be')
  expect(await stack.read('select count(*) as decided from decisions')).toEqual([{ decided: 1 }])

  await allocator.restart()
  expect(await untilOneDecided(api, waiting)).toMatchObject({ status: 'booked' })
})
