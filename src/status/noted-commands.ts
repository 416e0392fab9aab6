import type { Redis } from 'ioredis'
import { z } from 'zod'
import { CommandKind } from '../domain/command.ts'
import { Lane } from '../domain/lane.ts'

/** As long as an outcome is kept, in seconds: for so long one may be read that the command has changed. */
const notedSeconds = 900

/** The last command on a reservation, and where it was put. */
export const NotedCommand = z.object({
  id: z.string(),
  kind: CommandKind,
  campaign: z.string(),
  lane: Lane,
  batchId: z.string(),
})
export type NotedCommand = z.infer<typeof NotedCommand>

const notedKey = (reservationId: string) => `junban:command:${reservationId}`

/** Notes in Redis that there is a command on a reservation: while it is spooled, only Redis can tell. */
export async function noteCommand(
  redis: Redis,
  { reservationId, ...command }: NotedCommand & { reservationId: string },
): Promise<void> {
  await redis.set(notedKey(reservationId), JSON.stringify(NotedCommand.parse(command)), 'EX', notedSeconds)
}

/** The last command that was noted, or null. */
export async function recallCommand(redis: Redis, reservationId: string): Promise<NotedCommand | null> {
  const text = await redis.get(notedKey(reservationId))
  return text === null ? null : NotedCommand.parse(JSON.parse(text))
}
