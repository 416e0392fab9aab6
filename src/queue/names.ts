import type { Lane } from '../domain/lane.ts'

/** All of our keys in Redis begin with this. Two installations on one Redis take a database number each. */
export const redisPrefix = 'junban'

/** The BullMQ queue of a lane. */
export const queueName = (campaign: string, lane: Lane) => `${campaign}.${lane}`

/** The lane's spool: a list of batch ids in the order of their acceptance. */
export const spoolKey = (campaign: string, lane: Lane) => `${redisPrefix}:{${campaign}.${lane}}:spool`

/** The spooled batches themselves: a hash of batch id to JSON. */
export const spooledKey = (campaign: string, lane: Lane) => `${redisPrefix}:{${campaign}.${lane}}:spooled`
