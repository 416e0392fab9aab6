import type { Lane } from '../domain/lane.ts'
import { Problem } from '../errors.ts'
import type { Board } from '../status/board.ts'

/** When to ask again: a pause is ended by people, so nobody is hurried. */
const retryAfterSeconds = 60

/** Refuses while operators have paused the intake of a campaign. */
export function checkNotPaused(board: Board, campaign: string, lane: Lane): void {
  if (board.read(campaign, lane)?.intakePaused)
    throw new Problem('unavailable', 'Requests are paused by the operators. This one was not accepted.', {
      retryAfterSeconds,
    })
}
