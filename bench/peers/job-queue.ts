import { Redis } from 'ioredis'
import type { BookRequest } from '#src/domain/batch.ts'

export const queueName = 'bookings'

export type BookingJob = { campaign: string; request: BookRequest }

export const connectRedis = () => new Redis(process.env.REDIS_URL!, { maxRetriesPerRequest: null })
