import { bookPath, many, measureServing } from '../measure/serving.ts'
import type { Contender } from './contender.ts'

export const synchronous: Contender = {
  name: 'synchronous',
  says: 'lock, check, insert, commit for each request, then the answer',
  kind: 'peers',
  redis: false,
  async measure(stage) {
    const { pid } = await stage.startServing('synchronous', 'bench/peers/synchronous.ts')
    const serving = await measureServing(stage, pid)
    const burst = await stage.book(bookPath, { loop: 'closed', connections: many, requests: stage.sizes.burst })
    return {
      ...serving,
      // Its answer is the decision.
      decidedPerSecond: serving.acceptedPerSecond!,
      takenPerSecond: serving.acceptedPerSecond!,
      burstSeconds: (burst.lastAnsweredAt - burst.firstSentAt) / 1_000,
    }
  },
}
