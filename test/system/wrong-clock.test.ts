import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { bodyOf, book, bookAccepted } from './book.ts'
import { untilDecided } from './decided.ts'
import { startStack } from './stack.ts'

const hourMs = 3_600_000
const instant = (fromNowMs: number) => new Date(Date.now() + fromNowMs).toISOString()

test.each([
  ['three hours ahead', 3 * hourMs],
  ['three hours behind', -3 * hourMs],
])(
  'opening hours follow the database: a machine whose clock is %s opens and closes when they say',
  async (_, offset) => {
    const env = {
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'wrong-clock.ts')}`,
      WRONG_CLOCK_MS: String(offset),
    }
    const stack = await startStack({ env })
    const slots = { a: 10 }
    const open = { opensAt: instant(-hourMs), closesAt: instant(hourMs) }
    const early = { opensAt: instant(hourMs), closesAt: instant(2 * hourMs) }
    const late = { opensAt: instant(-2 * hourMs), closesAt: instant(-hourMs) }
    await stack.addCampaign({ id: 'open', slots, fields: open })
    await stack.addCampaign({ id: 'early', slots, fields: early })
    await stack.addCampaign({ id: 'late', slots, fields: late })
    const api = stack.apis[0]!

    // The process does believe in another time: its log lines are stamped with it.
    expect(Math.abs(stampOf(stack.logs) - Date.now() - offset)).toBeLessThan(60_000)
    const told = await bookAccepted(api, 'open', bodyOf(1, 'a'))
    expect(await untilDecided(api, 'open', [told])).toMatchObject([{ status: 'booked' }])
    for (const campaign of ['early', 'late'])
      expect(await book(api, campaign, bodyOf(1, 'a'))).toMatchObject({ status: 403, type: 'not-open' })
    expect(Number((await book(api, 'early', bodyOf(1, 'a'))).headers['retry-after'])).toBeGreaterThan(3_500)
    expect(await stack.read('select campaign_id as campaign from decisions')).toEqual([{ campaign: 'open' }])
  },
)

function stampOf(logs: string): number {
  const [line] = readFileSync(join(logs, 'api-1.log'), 'utf8').split('\n')
  return Date.parse(JSON.parse(line!).time)
}
