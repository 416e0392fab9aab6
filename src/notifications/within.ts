import { Undelivered } from './undelivered.ts'

/** The answer, or an Undelivered after so long. What was asked may still happen: that is what the idempotency key is for. */
export function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Undelivered(`no answer within ${limitMs} ms`)), limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
