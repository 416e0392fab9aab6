/** No answer came within the bound. What was asked may still happen. */
export class LateAnswer extends Error {
  override readonly name = 'LateAnswer'
}

/** The answer, or a LateAnswer after `boundMs`. An answer that comes later is dropped. */
export function bounded<T>(work: Promise<T>, boundMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new LateAnswer(`no answer within ${boundMs} ms`)), boundMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
