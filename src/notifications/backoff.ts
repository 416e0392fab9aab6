/** After so many tries it is set aside: with the pauses below that is about nine hours, a night's outage of a mail server. */
export const maxAttempts = 18

const firstPauseSeconds = 5
/** The longest pause: who fixed a mail server sees the backlog move within the hour. */
const maxPauseSeconds = 3_600

/** How long to wait after the n-th try failed: twice as long each time, and jittered, so that a backlog does not return as one. */
export function pauseAfter(attempts: number, random: () => number = Math.random): number {
  const pause = Math.min(maxPauseSeconds, firstPauseSeconds * 2 ** (attempts - 1))
  return pause * (0.75 + 0.5 * random())
}
