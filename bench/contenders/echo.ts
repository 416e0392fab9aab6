import { measureServing } from '../measure/serving.ts'
import type { Contender } from './contender.ts'

export const echo: Contender = {
  name: 'echo',
  says: 'a bare Fastify that validates the same body with zod and sends it back',
  kind: 'peers',
  redis: false,
  async measure(stage) {
    const { pid } = await stage.startServing('echo', 'bench/peers/echo.ts')
    return measureServing(stage, pid)
  },
}
