import { randomInt } from 'node:crypto'
import { tryPort } from '#src/embedded/free-port.ts'

/** Below the range from which systems give ports to outgoing connections: still free when its process is started again. */
const [lowest, highest] = [20_000, 32_000]

/** A free port that nobody is given by chance while a killed process is away from it. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = await tryPort(randomInt(lowest, highest)).catch(() => null)
    if (port !== null) return port
  }
}
