import type { Asked } from './requests.ts'

/** How a load is given. Closed: each connection sends its next request when it has its answer. Open: by a schedule, come what may. */
export type Pace =
  | { loop: 'closed'; connections: number; seconds: number }
  | { loop: 'closed'; connections: number; requests: number }
  | { loop: 'open'; connections: number; perSecond: number; seconds: number }

export type Load = { port: number; asked: Asked; pace: Pace }

/** What came of it. Instants in epoch ms, latencies in ms. */
export type LoadResult = {
  sent: number
  accepted: number
  /** How many were answered otherwise, by status; 0: the connection broke. */
  refused: Record<string, number>
  firstSentAt: number
  lastAnsweredAt: number
  acceptedPerSecond: number
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** All but a hundredth of those answered otherwise had their answer by then; 0 when there were none. */
  refusedP99Ms: number
  /** Processor time of the generator, without what it made ready before. */
  cpuSeconds: number
}
