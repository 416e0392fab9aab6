import { z } from 'zod'

/** What can be done to a reservation. */
export const CommandKind = z.enum(['cancel', 'move'])
export type CommandKind = z.infer<typeof CommandKind>

/** Why a command was refused. The reservation is then as it was. */
export const CommandReason = z.enum([
  // There is no such reservation: its request was never accepted, or comes later in the log than the command.
  'unknown-reservation',
  'already-cancelled',
  'was-rejected',
  // An appointment of it had begun when the command was received.
  'appointment-past',
  // A move: none of the choices could be had. The old seat is kept.
  'sold-out',
  // A move: received after the campaign had closed.
  'closed',
  'withdrawn-by-operator',
])
export type CommandReason = z.infer<typeof CommandReason>

/** The last command on a reservation, and what became of it. */
export const LastCommand = z.object({
  id: z.string(),
  kind: CommandKind,
  status: z.enum(['queued', 'done', 'refused']),
  reason: CommandReason.nullable(),
})
export type LastCommand = z.infer<typeof LastCommand>
