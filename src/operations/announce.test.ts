import { expect, test } from 'vitest'
import { operatorDatabase } from '../../test/setup/operator-database.ts'
import { announce, clearAnnouncement } from './announce.ts'

const current = 'select ja, en, expected_at from announcements where cleared_at is null'

test('one announcement at a time: the next takes the place of the last, and what was said stays on record', async () => {
  const { pool, read } = await operatorDatabase()
  const say = (announcement: unknown) => announce({ pool, announcement, by: 'tanaka' })
  await say({ ja: '停止中', en: 'Down', expectedAt: '2026-12-01T12:00:00+09:00' })
  await say({ ja: '復旧作業中', en: 'Being repaired' })
  expect(await read(current)).toEqual([{ ja: '復旧作業中', en: 'Being repaired', expected_at: null }])
  expect(await clearAnnouncement({ pool, by: 'tanaka' })).toBe(true)
  expect(await read(current)).toEqual([])
  expect(await clearAnnouncement({ pool, by: 'tanaka' })).toBe(false)
  expect(await read('select en, expected_at from announcements order by id')).toEqual([
    { en: 'Down', expected_at: Date.parse('2026-12-01T03:00Z') },
    { en: 'Being repaired', expected_at: null },
  ])
  expect(await read(`select action from audit where operator = 'tanaka' order by id`)).toEqual([
    { action: 'announcement.put' },
    { action: 'announcement.put' },
    { action: 'announcement.clear' },
  ])
})

test('ten operators who announce at once: one announcement stands', async () => {
  const { pool, read } = await operatorDatabase()
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => announce({ pool, announcement: { ja: 'あ', en: `${n}` }, by: 'test' })),
  )
  expect(await read(current)).toHaveLength(1)
  expect(await read('select id from announcements')).toHaveLength(10)
})

test.each([
  ['one language', { ja: '停止中' }, /^en: /],
  ['no time', { ja: 'あ', en: 'a', expectedAt: 'soon' }, 'expectedAt: is not an RFC 3339 time with an offset'],
  ['hidden characters', { ja: 'あ', en: 'a\u202eb' }, 'en: holds control or invisible characters'],
  ['a novel', { ja: 'あ', en: 'a'.repeat(501) }, /^en: /],
])('%s is refused', async (_, announcement, message) => {
  const { pool, read } = await operatorDatabase()
  await expect(announce({ pool, announcement, by: 'test' })).rejects.toThrow(message)
  expect(await read(current)).toEqual([])
})
