import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { Doses } from '../domain/campaign.ts'
import { Day } from '../domain/choice.ts'
import { CampaignId, ExternalId } from '../domain/ids.ts'
import { Lane } from '../domain/lane.ts'
import { Problem } from '../errors.ts'
import type { Announcements } from '../status/announcements.ts'
import type { Availability } from '../status/availability.ts'
import type { Board } from '../status/board.ts'
import type { Campaign, Catalogue } from '../status/catalogue.ts'
import type { Clock } from '../status/clock.ts'
import { zonedTime } from '../status/zoned-time.ts'
import { Announcement } from './announcement.ts'
import { Paging, page } from './paging.ts'
import { problemResponses } from './problem-details.ts'
import { everyMinute, everySecond } from './public-cache.ts'

const CampaignView = z
  .object({
    id: z.string(),
    name: z.object({ ja: z.string().optional(), en: z.string().optional() }),
    timeZone: z.string(),
    opensAt: z.string(),
    closesAt: z.string(),
    eligibility: z.enum(['register', 'anyone']),
    voucherPattern: z.string(),
    mode: z.enum(['queue', 'draw']),
    doses: Doses.nullable().meta({
      description: 'What a series must be; a choice is of its first dose. Null: one dose.',
    }),
    cohorts: z.array(z.object({ id: z.string(), opensAt: z.string() })),
  })
  .meta({
    id: 'Campaign',
    examples: [
      {
        id: 'demo',
        name: { ja: 'デモ', en: 'Demonstration' },
        timeZone: 'Asia/Tokyo',
        opensAt: '2026-12-01T09:00:00+09:00',
        closesAt: '2026-12-31T17:00:00+09:00',
        eligibility: 'register',
        voucherPattern: '^[0-9]{10}$',
        mode: 'queue',
        doses: { count: 2, gapDays: { min: 21, max: 28 }, sameLocation: true },
        cohorts: [{ id: 'hospital', opensAt: '2026-12-01T09:00:00+09:00' }],
      },
    ],
  })

const LocationView = z.object({ id: z.string(), name: z.string(), address: z.string().nullable() }).meta({
  id: 'Location',
  examples: [{ id: 'shibuya', name: '渋谷区役所 (Shibuya)', address: '東京都渋谷区宇田川町1-1' }],
})

const SlotView = z
  .object({
    id: z.string(),
    locationId: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    capacity: z.int(),
    free: z.int(),
  })
  .meta({
    id: 'Slot',
    examples: [
      {
        id: 'shibuya@20261201T0030Z',
        locationId: 'shibuya',
        startsAt: '2026-12-01T09:30:00+09:00',
        endsAt: '2026-12-01T10:00:00+09:00',
        capacity: 20,
        free: 7,
      },
    ],
  })

const ProgressView = z
  .object({
    state: z.enum(['upcoming', 'open', 'paused', 'closed']),
    acceptedNumber: z.int(),
    servingNumber: z.int(),
    decidedPerSecond: z.int(),
    announcement: Announcement.nullable(),
    asOf: z.string(),
  })
  .meta({
    id: 'Progress',
    examples: [
      {
        state: 'open',
        acceptedNumber: 1234,
        servingNumber: 1114,
        decidedPerSecond: 850,
        announcement: null,
        asOf: '2026-12-01T09:00:01+09:00',
      },
    ],
  })

const next = {
  next: z.string().nullable().meta({ description: 'Give it as `after` for the next page; null on the last.' }),
}
const OfCampaign = z.object({ campaign: CampaignId })

export type CampaignRoutes = {
  catalogue: Catalogue
  availability: Availability
  board: Board
  clock: Clock
  announcements: Announcements
}

export const campaignRoutes: FastifyPluginAsyncZod<CampaignRoutes> = async (
  app,
  { catalogue, availability, board, clock, announcements },
) => {
  function find(id: string): Campaign {
    const campaign = catalogue.get(id)
    if (!campaign) throw new Problem('not-found', 'There is no such campaign.')
    return campaign
  }

  app.get(
    '/v1/campaigns',
    {
      config: { cacheControl: everyMinute },
      schema: {
        operationId: 'listCampaigns',
        summary: 'All campaigns',
        tags: ['campaigns'],
        querystring: Paging,
        response: { 200: z.object({ campaigns: z.array(CampaignView), ...next }), ...problemResponses(400) },
      },
    },
    async ({ query }) => {
      const { items, next } = page(catalogue.all(), ({ id }) => id, query)
      return { campaigns: items.map(viewCampaign), next }
    },
  )

  app.get(
    '/v1/campaigns/:campaign',
    {
      config: { cacheControl: everyMinute },
      schema: {
        operationId: 'readCampaign',
        summary: 'One campaign',
        tags: ['campaigns'],
        params: OfCampaign,
        response: { 200: CampaignView, ...problemResponses(400, 404) },
      },
    },
    async ({ params }) => viewCampaign(find(params.campaign)),
  )

  app.get(
    '/v1/campaigns/:campaign/locations',
    {
      config: { cacheControl: everyMinute },
      schema: {
        operationId: 'listLocations',
        summary: 'Where',
        tags: ['campaigns'],
        params: OfCampaign,
        querystring: Paging,
        response: { 200: z.object({ locations: z.array(LocationView), ...next }), ...problemResponses(400, 404) },
      },
    },
    async ({ params, query }) => {
      const { items, next } = page(find(params.campaign).locations.values(), ({ id }) => id, query)
      return { locations: items, next }
    },
  )

  app.get(
    '/v1/campaigns/:campaign/slots',
    {
      config: { cacheControl: everySecond },
      schema: {
        operationId: 'listSlots',
        summary: 'When, and how many seats are free',
        tags: ['campaigns'],
        params: OfCampaign,
        querystring: Paging.extend({
          locationId: ExternalId.optional().meta({ examples: ['shibuya'] }),
          date: Day.optional().meta({ description: 'A day in the campaign’s time zone.' }),
          free: z
            .stringbool()
            .optional()
            .meta({ type: 'boolean', description: 'Only slots that have a free seat, or only those that have none.' }),
        }),
        response: { 200: z.object({ slots: z.array(SlotView), ...next }), ...problemResponses(400, 404, 503) },
      },
    },
    async ({ params, query }) => {
      const campaign = find(params.campaign)
      const seats = await availability(campaign.id)
      if (!seats) throw new Problem('unavailable', 'Free seats cannot be read right now.', { retryAfterSeconds: 5 })
      const { items, next } = page(
        campaign.slots.values(),
        ({ id }) => id,
        query,
        (slot) =>
          (query.locationId === undefined || slot.locationId === query.locationId) &&
          (query.date === undefined || slot.day === query.date) &&
          (query.free === undefined || (seats.free.get(slot.id) ?? 0) > 0 === query.free),
      )
      return {
        slots: items.map(({ day: _, ...slot }) => ({ ...slot, free: seats.free.get(slot.id) ?? 0 })),
        next,
      }
    },
  )

  app.get(
    '/v1/campaigns/:campaign/progress',
    {
      config: { cacheControl: everySecond },
      schema: {
        operationId: 'readProgress',
        summary: 'Now serving',
        description:
          'The same for everybody: compare it with your own queue number, and ask for your result when its turn has come.',
        tags: ['campaigns'],
        params: OfCampaign,
        querystring: z.object({ lane: Lane.default('web') }),
        response: { 200: ProgressView, ...problemResponses(400, 404, 503) },
      },
    },
    async ({ params, query }) => {
      const campaign = find(params.campaign)
      const progress = board.read(campaign.id, query.lane)
      if (!progress) throw new Problem('unavailable', 'Progress cannot be read right now.', { retryAfterSeconds: 5 })
      const { acceptedNumber, servingNumber, decidedPerSecond, paused, intakePaused, asOf } = progress
      const now = clock.now()
      const hours = now < campaign.opensAt ? 'upcoming' : now >= campaign.closesAt ? 'closed' : 'open'
      return {
        state: hours === 'open' && (paused || intakePaused) ? 'paused' : hours,
        acceptedNumber,
        servingNumber,
        decidedPerSecond,
        announcement: announcements.view(campaign.timeZone),
        asOf: zonedTime(asOf, campaign.timeZone),
      } as const
    },
  )
}

function viewCampaign(campaign: Campaign) {
  const { id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode, doses, cohorts } = campaign
  const time = (epochMs: number) => zonedTime(epochMs, timeZone)
  return {
    id,
    name,
    timeZone,
    opensAt: time(opensAt),
    closesAt: time(closesAt),
    eligibility,
    voucherPattern: voucherPattern.source,
    mode,
    doses: doses ?? null, // a copy that an older version left in Redis does not say
    cohorts: cohorts.map((cohort) => ({ id: cohort.id, opensAt: time(cohort.opensAt) })),
  }
}
