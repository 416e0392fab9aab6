/** A process that does not manage to stop by then is ended. */
const STOP_LIMIT_MS = 20_000

/** Calls `stop` when the `npm start` that started this process is gone, however it ended. Does nothing in a process started otherwise. */
export function leaveWithParent(stop: () => unknown): void {
  if (!process.send) return
  process.once('disconnect', () => {
    setTimeout(() => process.exit(1), STOP_LIMIT_MS).unref()
    stop()
  })
  // The channel alone shall not keep this process running.
  process.channel?.unref()
}
