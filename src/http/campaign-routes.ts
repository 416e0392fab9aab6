import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
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
    cohorts: z.array(z.object({ id: z.string(), opensAt: z.string() })),
  })
  .meta({ id: 'Campaign' })

const LocationView = z
  .object({ id: z.string(), name: z.string(), address: z.string().nullable() })
  .meta({ id: 'Location' })

const SlotView = z
  .object({
    id: z.string(),
    locationId: z.string(),
    startsAt: z.string(),
    endsAt: z.string(),
    capacity: z.int(),
    free: z.int(),
  })
  .meta({ id: 'Slot' })

const ProgressView = z
  .object({
    state: z.enum(['upcoming', 'open', 'paused', 'closed']),
    acceptedNumber: z.int(),
    servingNumber: z.int(),
    decidedPerSecond: z.int(),
    announcement: Announcement.nullable(),
    asOf: z.string(),
  })
  .meta({ id: 'Progress' })

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
        summary: 'When, and how many seats are free',
        tags: ['campaigns'],
        params: OfCampaign,
        querystring: Paging.extend({
          locationId: ExternalId.optional(),
          date: Day.optional().meta({ description: 'A day in the campaign’s time zone.' }),
          free: z
            .stringbool()
            .optional()
            .meta({ description: 'Only slots that have a free seat, or only those that have none.' }),
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

function viewCampaign({ id, name, timeZone, opensAt, closesAt, eligibility, voucherPattern, mode, cohorts }: Campaign) {
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
    cohorts: cohorts.map((cohort) => ({ id: cohort.id, opensAt: time(cohort.opensAt) })),
  }
}
