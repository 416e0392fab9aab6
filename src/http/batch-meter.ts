import { Histogram, Registry } from 'prom-client'
import type { AcceptBatch } from '../queue/accept-batch.ts'

/** Measures how batches are made durable: how large they are, and how long the stores take. */
export function createBatchMeter() {
  const registry = new Registry()
  const requests = new Histogram({
    name: 'junban_batch_requests',
    help: 'Requests in a batch.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers: [registry],
  })
  const seconds = new Histogram({
    name: 'junban_batch_write_duration_seconds',
    help: 'Until a batch was on disk, by which store has it: log, spool, or none.',
    labelNames: ['by'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
    registers: [registry],
  })
  return {
    registry,
    /** The same, measured. */
    measure(acceptBatch: AcceptBatch): AcceptBatch {
      return async (batch) => {
        const end = seconds.startTimer()
        let by: string = 'none'
        try {
          const accepted = await acceptBatch(batch)
          by = accepted.by
          return accepted
        } finally {
          end({ by })
          requests.observe(batch.requests.length)
        }
      }
    },
  }
}
export type BatchMeter = ReturnType<typeof createBatchMeter>
