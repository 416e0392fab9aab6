import { expect, test } from 'vitest'
import { operatorDatabase } from '../../test/setup/operator-database.ts'
import { pauseCampaign, resumeCampaign } from './pause-campaign.ts'

test.each([
  ['intake', 'intake_paused'],
  ['allocation', 'paused'],
] as const)(
  '%s is paused for a reason until it is resumed, each with who did it; the other goes on',
  async (what, column) => {
    const { pool, read } = await operatorDatabase()
    const of = { pool, campaign: 'medics', what, by: 'tanaka' }
    const paused = 'select intake_paused_reason, paused_reason from writers'
    const nothing = { intake_paused_reason: null, paused_reason: null }

    await pauseCampaign({ ...of, reason: 'the slots are wrong' })
    expect(await read(paused)).toEqual([{ ...nothing, [`${column}_reason`]: 'the slots are wrong' }])
    await expect(pauseCampaign({ ...of, reason: 'another' })).rejects.toMatchObject({
      name: 'UserError',
      type: 'conflict',
      message: `${what} of medics is paused already: the slots are wrong`,
    })
    await resumeCampaign(of)
    expect(await read(paused)).toEqual([nothing])
    await expect(resumeCampaign(of)).rejects.toMatchObject({
      type: 'conflict',
      message: `${what} of medics is not paused`,
    })
    expect(
      await read(`select operator, action, campaign_id, detail from audit where operator = 'tanaka' order by id`),
    ).toEqual([
      { operator: 'tanaka', action: `${what}.pause`, campaign_id: 'medics', detail: { reason: 'the slots are wrong' } },
      { operator: 'tanaka', action: `${what}.resume`, campaign_id: 'medics', detail: {} },
    ])
  },
)

test('a campaign that is not there, and a reason that is none, are refused', async () => {
  const { pool, read } = await operatorDatabase()
  const of = { pool, campaign: 'nowhere', what: 'intake', by: 'test' } as const
  await expect(pauseCampaign({ ...of, reason: 'x' })).rejects.toMatchObject({ type: 'not-found' })
  await expect(resumeCampaign(of)).rejects.toMatchObject({ type: 'not-found' })
  await expect(pauseCampaign({ ...of, campaign: 'medics', reason: ' ' })).rejects.toThrow('the reason')
  expect(await read('select intake_paused_at from writers')).toEqual([{ intake_paused_at: null }])
})
