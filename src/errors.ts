/**
 * What can go wrong on purpose, as the client sees it: the HTTP status, the end of the problem's `type`, its title, and whether
 * sending the same again can help.
 */
export const problems = {
  'invalid-request': { status: 400, title: 'The request does not fit the schema', retry: false },
  unauthorized: { status: 401, title: 'A valid credential is needed', retry: false },
  forbidden: { status: 403, title: 'This credential does not allow that', retry: false },
  'not-eligible': { status: 403, title: 'Voucher and birth date are not a pair of this campaign', retry: false },
  'not-open': { status: 403, title: 'The campaign is not open', retry: true },
  'not-found': { status: 404, title: 'There is no such thing', retry: false },
  conflict: { status: 409, title: 'That cannot be done in the state that it is in', retry: false },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here', retry: false },
  'request-timeout': { status: 408, title: 'The request took too long to arrive', retry: true },
  'too-large': { status: 413, title: 'The request is too large', retry: false },
  'unsupported-media-type': { status: 415, title: 'The body must be application/json', retry: false },
  'unknown-choice': { status: 422, title: 'A choice is not one of this campaign', retry: false },
  'too-many-requests': { status: 429, title: 'Too many requests', retry: true },
  'headers-too-large': { status: 431, title: 'The headers are too large', retry: false },
  internal: { status: 500, title: 'Something is wrong on our side', retry: true },
  unavailable: { status: 503, title: 'Not accepted: more than can be taken right now', retry: true },
  'outcome-unknown': { status: 503, title: 'Perhaps accepted: no store acknowledged in time', retry: true },
  'outcome-unavailable': { status: 503, title: 'The outcome cannot be read right now', retry: true },
} as const

export type ProblemType = keyof typeof problems

/** A failure that the client is told of. `fields` are added to the problem document; `retryAfterSeconds` becomes the header. */
export class Problem extends Error {
  readonly type: ProblemType
  readonly fields: Record<string, unknown>
  readonly retryAfterSeconds: number | undefined

  constructor(
    type: ProblemType,
    detail: string,
    { retryAfterSeconds, ...fields }: { retryAfterSeconds?: number; [field: string]: unknown } = {},
  ) {
    // No stack: a problem is an answer, not a bug, and in a rush thousands are made each second.
    const { stackTraceLimit } = Error
    Error.stackTraceLimit = 0
    super(detail)
    Error.stackTraceLimit = stackTraceLimit
    this.name = 'Problem'
    this.type = type
    this.fields = fields
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** A failure that an operator or whoever starts a process is told of, in one line and without a stack. `type`: the same over HTTP. */
export class UserError extends Error {
  override readonly name = 'UserError'
  readonly type: ProblemType

  constructor(message: string, { type = 'invalid-request', ...options }: ErrorOptions & { type?: ProblemType } = {}) {
    super(message, options)
    this.type = type
  }
}
