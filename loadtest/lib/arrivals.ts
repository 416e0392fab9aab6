// How a crowd comes when the doors open: all at once, and then for a long time. The share that has come after t seconds is
// 1 - (1 + t / scale)^-tail. With a tail of 1/4 a quarter has come after the first minute, half after seven, seven tenths after an hour.

const tail = 0.25
const firstMinute = 0.25
/** Some clocks are fast: the first come in these seconds, more and more of them. */
const earlySeconds = 3
const scaleSeconds = 60 / ((1 - firstMinute) ** (-1 / tail) - 1)

/** The share of everybody that has come after so many seconds. */
export const shareCome = (seconds: number) => 1 - (1 + seconds / scaleSeconds) ** -tail

/**
 * Stages of a `ramping-arrival-rate` executor, in arrivals a minute: straight lines, short where the curve is steep, that bring as
 * many people as the curve does.
 */
export function arrivalsOf(people: number, durationSeconds: number) {
  const perMinute = (seconds: number) =>
    Math.round(((60 * people * tail) / scaleSeconds) * (1 + seconds / scaleSeconds) ** (-tail - 1))
  const stages = [{ target: perMinute(0), duration: `${earlySeconds}s` }]
  for (let at = 0; at < durationSeconds; ) {
    const length = Math.min(at < 10 ? 1 : at < 60 ? 5 : 15, durationSeconds - at)
    at += length
    stages.push({ target: perMinute(at), duration: `${length}s` })
  }
  return { startRate: 0, timeUnit: '1m', stages }
}
