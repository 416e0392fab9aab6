// What these scripts use of k6, which brings no types. The package @types/k6 1.7.0 has all of it; with it this file goes.

declare const __ENV: Record<string, string | undefined>

declare module 'k6' {
  export function check<T>(value: T, checks: Record<string, (value: T) => boolean>): boolean
}

declare module 'k6/execution' {
  const execution: { scenario: { iterationInTest: number } }
  export default execution
}

declare module 'k6/metrics' {
  export class Counter {
    constructor(name: string)
    add(value: number, tags?: Record<string, string>): void
  }
  export class Rate {
    constructor(name: string)
    add(value: boolean, tags?: Record<string, string>): void
  }
}

declare module 'k6/http' {
  type Callback = { readonly __expected: never }
  export type Params = {
    headers?: Record<string, string>
    tags?: Record<string, string>
    timeout?: string
    responseCallback?: Callback
  }
  export type Answer = {
    /** 0: there was none; `error` says why. */
    status: number
    body: string | ArrayBuffer | null
    error: string
    headers: Record<string, string>
    json(): unknown
  }
  const http: {
    get(url: string, params?: Params): Answer
    post(url: string, body: string, params?: Params): Answer
    batch(requests: [method: string, url: string, body: null, params: Params][]): Answer[]
    expectedStatuses(...statuses: number[]): Callback
  }
  export default http
}
