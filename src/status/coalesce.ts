/** Most keys asked for at once. */
const maxKeys = 500

/**
 * Reads one by key, many at a time: what is asked for while a read is under way is asked for together in the next, and the same
 * key once. A key that the answer lacks is undefined.
 */
export function coalesce<T>(readMany: (keys: string[]) => Promise<ReadonlyMap<string, T>>) {
  let waiting = new Map<string, PromiseWithResolvers<T | undefined>>()
  let reading = false

  async function readWaiting() {
    reading = true
    // What arrives in the same turn of the event loop travels together.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.size > 0) {
      const asked = new Map([...waiting].slice(0, maxKeys))
      waiting = new Map([...waiting].slice(maxKeys))
      try {
        const found = await readMany([...asked.keys()])
        for (const [key, { resolve }] of asked) resolve(found.get(key))
      } catch (err) {
        for (const { reject } of asked.values()) reject(err)
      }
    }
    reading = false
  }

  return (key: string): Promise<T | undefined> => {
    let answer = waiting.get(key)
    if (!answer) {
      answer = Promise.withResolvers<T | undefined>()
      waiting.set(key, answer)
    }
    if (!reading) void readWaiting()
    return answer.promise
  }
}
