import { expect, test } from 'vitest'
import { campaignFile, operatorDatabase, testKeys } from '../../test/setup/operator-database.ts'
import { unwrapDataKey } from '../privacy/data-keys.ts'
import { createCampaign } from './create-campaign.ts'

test('a campaign comes with its lanes, its cohorts and a data key that only the master key opens', async () => {
  const { read } = await operatorDatabase()
  expect(await read('select id, eligibility, voucher_pattern, opens_at from campaigns')).toEqual([
    {
      id: 'medics',
      eligibility: 'register',
      voucher_pattern: '^[0-9]{10}$',
      opens_at: Date.parse('2026-12-01T00:00Z'),
    },
  ])
  expect(await read('select lane from lanes order by lane')).toEqual(
    ['agent', 'institution', 'web'].map((lane) => ({ lane })),
  )
  expect(await read('select id from cohorts')).toEqual([{ id: 'hospital' }])
  const [key] = await read('select key_id as "keyId", master_key_id as "masterKeyId", wrapped from campaign_keys')
  expect(unwrapDataKey('medics', key, testKeys.master).id).toBe(1)
  expect(() => unwrapDataKey('medics', key, [{ id: 'm1', secret: Buffer.alloc(32, 9) }])).toThrow()
  expect(await read('select operator, action, campaign_id from audit')).toEqual([
    { operator: 'test', action: 'campaign.create', campaign_id: 'medics' },
  ])
})

test.each([
  ['an id that is taken', campaignFile(), 'campaign medics exists already'],
  ['a draw', campaignFile({ id: 'b', mode: 'draw' }), 'mode: "draw" is not built yet; only "queue" is'],
  [
    'doses that can never follow each other',
    campaignFile({ id: 'b', doses: { count: 2, gapDays: { min: 28, max: 21 }, sameLocation: true } }),
    'doses.gapDays.max: is less than `min`',
  ],
  ['text that is not JSON', '{', 'the campaign file is not JSON'],
  [
    'several wrong fields',
    campaignFile({ id: 'B', timeZone: 'Tokyo' }),
    'id: is not a campaign id: a-z, 0-9 and "-", at most 63\ntimeZone: is not an IANA time zone, as Asia/Tokyo',
  ],
])('%s is refused, and nothing is left behind', async (_, text, message) => {
  const { pool, read } = await operatorDatabase()
  await expect(createCampaign({ pool, master: testKeys.master, text, by: 'test' })).rejects.toThrow(
    expect.objectContaining({ name: 'UserError', message }),
  )
  expect(await read('select id from campaigns')).toEqual([{ id: 'medics' }])
})
