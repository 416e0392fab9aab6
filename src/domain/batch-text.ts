import type { Batch, QueuedRequest } from './batch.ts'

const written = new WeakMap<Batch, string>()

/** The requests of a batch as JSON. Written once: the log takes it, and a job or the spool takes it again. */
export function requestsText(batch: Batch): string {
  let text = written.get(batch)
  if (text === undefined) {
    text = `[${batch.requests.map(requestText).join(',')}]`
    written.set(batch, text)
  }
  return text
}

/**
 * As JSON writes it. A booking's texts, but for its choices, are ours and need no escaping: `JSON.stringify`, which looks, takes twice as
 * long.
 */
function requestText(request: QueuedRequest): string {
  if (request.kind !== 'book') return JSON.stringify(request)
  const { id, kind, voucherKey, fingerprint, choices, waitlist, notify, box } = request
  return (
    `{"id":"${id}","kind":"${kind}","voucherKey":"${voucherKey}","fingerprint":"${fingerprint}","choices":${JSON.stringify(choices)},` +
    `"waitlist":${waitlist},"notify":${notify},"box":"${box}"}`
  )
}

/** A whole batch as JSON. */
export function batchText(batch: Batch): string {
  const { requests: _, ...rest } = batch
  return `${JSON.stringify(rest).slice(0, -1)},"requests":${requestsText(batch)}}`
}
