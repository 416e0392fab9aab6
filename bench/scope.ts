export type Scope = {
  /** Starts a thing and remembers how to end it. */
  keep<T>(start: () => Promise<T>, end: (thing: T) => unknown): Promise<T>
  /** A scope that can be closed by itself, and is closed with this one. */
  inner(): Scope
  isClosing(): boolean
  close(): Promise<void>
}

/** Nothing is begun any more: the bench was told to stop. */
export class Closed extends Error {
  override readonly name = 'Closed'
}

/**
 * What was started and has to be ended, last first, however the bench ends. A start under way when the scope closes is waited for and
 * undone too, so that no process is left behind by a Ctrl-C in the middle.
 */
export function openScope(): Scope {
  const ends: (() => Promise<unknown>)[] = []
  let closing: Promise<void> | null = null

  async function endAll() {
    const failures: unknown[] = []
    for (const end of ends.reverse()) await end().catch((err: unknown) => failures.push(err))
    if (failures.length > 0)
      throw new AggregateError(failures, `not everything could be ended: ${failures.map(String).join('; ')}`)
  }

  return {
    async keep<T>(start: () => Promise<T>, end: (thing: T) => unknown): Promise<T> {
      if (closing) throw new Closed()
      const started = start()
      ends.push(async () => {
        const thing = await started.catch(() => null)
        if (thing !== null) await end(thing)
      })
      return started
    },
    inner() {
      if (closing) throw new Closed()
      const scope = openScope()
      ends.push(scope.close)
      return scope
    },
    isClosing: () => closing !== null,
    close: () => {
      closing ??= endAll()
      return closing
    },
  }
}
