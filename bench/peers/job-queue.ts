import { Redis } from 'ioredis'
import type { QueuedRequest } from '#src/domain/batch.ts'

export const queueName = 'bookings'

export type BookingJob = { campaign: string; request: QueuedRequest }

export const connectRedis = () => new Redis(process.env.REDIS_URL!, { maxRetriesPerRequest: null })
