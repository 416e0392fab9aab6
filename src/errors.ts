/**
 * What can go wrong on purpose, as the client sees it: the HTTP status, the end of the problem's `type`, its title, whether
 * sending the same again can help, and what it means, for whoever writes a client.
 */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request does not fit the schema',
    retry: false,
    meaning: 'Nothing was accepted. `errors` names each field that does not fit, where fields can be named at all.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid credential is needed',
    retry: false,
    meaning:
      'The same answer whether it is missing, forged, expired or another’s, and whether the thing exists or not.',
  },
  forbidden: {
    status: 403,
    title: 'This credential does not allow that',
    retry: false,
    meaning: 'The operator is known; their role is not enough. `detail` names the role that is.',
  },
  'not-eligible': {
    status: 403,
    title: 'Voucher and birth date are not a pair of this campaign',
    retry: false,
    meaning: 'The same answer whichever of the two is wrong.',
  },
  'not-open': {
    status: 403,
    title: 'The campaign is not open',
    retry: true,
    meaning:
      'Eligible, but the campaign or the person’s cohort is not open yet, or closed. `opensAt`: when it opens or did.',
  },
  'not-found': {
    status: 404,
    title: 'There is no such thing',
    retry: false,
    meaning: 'No such path, campaign or thing.',
  },
  conflict: {
    status: 409,
    title: 'That cannot be done in the state that it is in',
    retry: false,
    meaning: 'Nothing was changed. `detail` says what stands in the way.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    retry: true,
    meaning: 'Headers or body were sent too slowly. Nothing was accepted, and the connection is closed.',
  },
  'too-large': {
    status: 413,
    title: 'The request is too large',
    retry: false,
    meaning: 'The body is larger than any that fits the schema.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body must be application/json',
    retry: false,
    meaning: 'The body was not read.',
  },
  'unknown-choice': {
    status: 422,
    title: 'A choice is not one of this campaign',
    retry: false,
    meaning: 'Nothing was accepted. `errors` names each choice whose slot or location this campaign does not have.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    retry: true,
    meaning:
      'Too many open requests of this voucher, or too many refusals for this address. Wait as `Retry-After` says.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    retry: false,
    meaning: 'All headers together are larger than any that are needed. The connection is closed.',
  },
  internal: {
    status: 500,
    title: 'Something is wrong on our side',
    retry: true,
    meaning: 'A bug. It is in our log, under `instance`.',
  },
  unavailable: {
    status: 503,
    title: 'Not accepted: more than can be taken right now',
    retry: true,
    meaning:
      'Surely not accepted: too much arrives at once, or what is needed is away. Send it again after `Retry-After`.',
  },
  'outcome-unknown': {
    status: 503,
    title: 'Perhaps accepted: no store acknowledged in time',
    retry: true,
    meaning:
      'Perhaps accepted. Ask with `id` and `receipt`, or send the same again: it has the same id and is decided once.',
  },
  'outcome-unavailable': {
    status: 503,
    title: 'The outcome cannot be read right now',
    retry: true,
    meaning: 'The place in the queue is kept. Ask again after `Retry-After`.',
  },
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
  readonly retryAfterSeconds: number | undefined

  constructor(
    message: string,
    {
      type = 'invalid-request',
      retryAfterSeconds,
      ...options
    }: ErrorOptions & { type?: ProblemType; retryAfterSeconds?: number } = {},
  ) {
    super(message, options)
    this.type = type
    this.retryAfterSeconds = retryAfterSeconds
  }
}
