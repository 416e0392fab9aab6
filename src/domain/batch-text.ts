import type { Batch } from './batch.ts'

const written = new WeakMap<Batch, string>()

/** The requests of a batch as JSON. Written once: the log takes it, and a job or the spool takes it again. */
export function requestsText(batch: Batch): string {
  let text = written.get(batch)
  if (text === undefined) {
    text = JSON.stringify(batch.requests)
    written.set(batch, text)
  }
  return text
}

/** A whole batch as JSON. */
export function batchText(batch: Batch): string {
  const { requests: _, ...rest } = batch
  return `${JSON.stringify(rest).slice(0, -1)},"requests":${requestsText(batch)}}`
}
