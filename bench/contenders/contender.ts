import type { Kind } from '../databases.ts'
import type { Figures } from '../figures.ts'
import type { Stage } from '../stage.ts'

export type Contender = {
  name: string
  /** What it is, in a line. */
  says: string
  kind: Kind
  redis: boolean
  /** Measured in the first round only. */
  once?: boolean
  measure(stage: Stage): Promise<Figures>
}
