/**
 * Tells the jobs of a campaign when their batches are decided: by one committed read for all that wait, after each transaction and when a
 * pass has ended. While more is accepted than is decided a pass does not end, and jobs that waited for its end would pile up in Redis.
 */
export function createDecidedJobs({
  wake,
  readDecided,
}: {
  /** Resolves when what was in the log has been decided, or cannot be now. */
  wake: () => Promise<void>
  /** Which of these batches the log holds, and whether they are decided. Throws when Postgres cannot be asked. */
  readDecided: (batchIds: string[]) => Promise<ReadonlyMap<string, boolean>>
}) {
  type Told = (decided: boolean | null) => void
  const waiting = new Map<string, Set<Told>>()
  let looking: Promise<ReadonlyMap<string, boolean>> | null = null

  /** One read for all who ask in the same turn. */
  function look() {
    looking ??= Promise.resolve().then(() => {
      looking = null
      return readDecided([...waiting.keys()])
    })
    return looking
  }

  return {
    /**
     * Has what waits decided. True as soon as the batch is; else, when a pass that began after this call has ended: false, or null if the
     * log does not hold it. False, too, when Postgres cannot be asked.
     */
    async isDecided(batchId: string): Promise<boolean | null> {
      const { promise, resolve } = Promise.withResolvers<boolean | null>()
      const others = waiting.get(batchId) ?? new Set<Told>()
      waiting.set(batchId, others.add(resolve))
      const isWaiting = () => others.has(resolve)
      wake()
        .then(async () => isWaiting() && resolve((await look()).get(batchId) ?? null))
        .catch(() => resolve(false))
      return promise.finally(() => {
        others.delete(resolve)
        if (others.size === 0) waiting.delete(batchId)
      })
    },
    /** A transaction was committed. */
    progressed(): void {
      if (waiting.size === 0) return
      look().then(
        (known) => {
          for (const [id, decided] of known) if (decided) for (const tell of waiting.get(id) ?? []) tell(true)
        },
        () => {}, // it is read again when the pass has ended
      )
    },
  }
}
export type DecidedJobs = ReturnType<typeof createDecidedJobs>
