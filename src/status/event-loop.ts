import { monitorEventLoopDelay } from 'node:perf_hooks'

/** The longest delay is looked at over this long. */
const windowMs = 500
/** Past this delay of the event loop an answer would be late anyway. */
const overloadedMs = 1_000

/** Whether this process has more to do than it can. `everyWindow` is called after each look. */
export function watchEventLoop(everyWindow: () => void) {
  const histogram = monitorEventLoopDelay({ resolution: 20 })
  histogram.enable()
  let longestMs = 0
  const timer = setInterval(() => {
    longestMs = histogram.max / 1e6
    histogram.reset()
    everyWindow()
  }, windowMs)
  return {
    isOverloaded: () => longestMs > overloadedMs,
    close() {
      clearInterval(timer)
      histogram.disable()
    },
  }
}
