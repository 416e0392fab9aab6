import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { announce } from '#src/operations/announce.ts'
import { pauseCampaign } from '#src/operations/pause-campaign.ts'
import { bodyOf, book, bookAccepted } from './book.ts'
import { untilOneDecided } from './decided.ts'
import { readStatus, untilRung } from './rung.ts'
import { getJson } from './send.ts'
import { postgresOf, redisOf, startStack, untilReady } from './stack.ts'
import { until } from './until.ts'

test('an API that starts while Postgres is away accepts, announces, and refuses where operators have paused, as those before it', async () => {
  const stack = await startStack({ ownPostgres: true })
  const [postgres, api] = [postgresOf(stack), stack.apis[0]!]
  const register = { '0000000001': '1980-01-02', '0000000002': '1980-01-02' }
  await stack.addCampaign({ id: 'open', slots: { a: 100 }, register })
  await stack.addCampaign({ id: 'paused', slots: { a: 100 } })
  const before = await bookAccepted(api, 'open', bodyOf(1, 'a'))
  await untilOneDecided(api, before)
  await pauseCampaign({ pool: stack.pool, campaign: 'paused', what: 'intake', reason: 'test', by: 'test' })
  await announce({ pool: stack.pool, announcement: { ja: '停止中', en: 'Down' }, by: 'test' })

  const redis = new Redis(redisOf(stack).url)
  onTestFinished(() => redis.disconnect())
  const copied = async () => {
    const state = JSON.parse((await redis.get('junban:mirror:state')) ?? '{}')
    return state.announcement && JSON.stringify(state.beats).includes('"intakePaused":true') && state.beats.length === 6
  }
  await until('all of it is copied', async () => (await copied()) && (await redis.hlen('junban:mirror:versions')) === 2)
  await postgres.kill()
  await api.restart()
  await untilReady(api)
  await untilRung([api], 'postgres-away')

  const told = await bookAccepted(api, 'open', bodyOf(2, 'a'))
  expect(told.queueNumber).toBeNull()
  expect(await book(api, 'open', bodyOf(3, 'a'))).toMatchObject({ status: 403, type: 'not-eligible' })
  const refused = await book(api, 'paused', bodyOf(1, 'a'))
  expect(refused).toMatchObject({ status: 503, type: 'unavailable' })
  expect(refused.text).toContain('paused by the operators')
  expect(await readStatus(api)).toMatchObject({ announcement: { ja: '停止中', en: 'Down', expectedAt: null } })
  expect(await getJson(`${api.url}/v1/campaigns/open/progress`)).toMatchObject({ servingNumber: 1, state: 'open' })
  expect(await getJson(`${api.url}/v1/campaigns/paused/progress`)).toMatchObject({ state: 'paused' })

  await postgres.restart()
  expect(await untilOneDecided(api, told)).toMatchObject({ status: 'booked', queueNumber: 2 })
})
