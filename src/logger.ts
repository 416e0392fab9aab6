import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

/**
 * The fields that may be logged, by name. Anything else is dropped: a list of what is allowed cannot leak a voucher that
 * somebody adds tomorrow, and pino's `redact` leaked six of eight ways of logging one.
 */
const allowed = new Set([
  'action',
  'address',
  'again',
  'allocator',
  'attempt',
  'batch',
  'batchId',
  'batches',
  'bytes',
  'campaign',
  'campaigns',
  'code',
  'constraint',
  'count',
  'decided',
  'durationMs',
  'err',
  'file',
  'found',
  'from',
  'job',
  'jobs',
  'lane',
  'late',
  'limit',
  'line',
  'locations',
  'method',
  'missing',
  'notices',
  'number',
  'operator',
  'path',
  'pid',
  'place',
  'port',
  'process',
  'queue',
  'reason',
  'recoveries',
  'refused',
  'requestId',
  'requests',
  'revision',
  'role',
  'route',
  'rung',
  'setAside',
  'setting',
  'signal',
  'size',
  'slots',
  'statement',
  'status',
  'statusCode',
  'store',
  'table',
  'to',
  'told',
  'url',
  'version',
  'vouchers',
  'waitingMs',
])

/** Node and Postgres put values into errors (`detail`, `where`, `parameters`): keep what says where, drop what says whom. */
function safeError(err: unknown): Record<string, unknown> {
  if (!(err instanceof Error)) return { type: typeof err }
  const { code, constraint, table, routine } = err as Error & Record<string, unknown>
  const fromPostgres = typeof routine === 'string' || constraint !== undefined
  return {
    type: err.name,
    ...(typeof code === 'string' && { code }),
    ...(typeof constraint === 'string' && { constraint }),
    ...(typeof table === 'string' && { table }),
    // A Postgres message can quote the value that it refuses (22P02).
    message: fromPostgres ? `postgres error ${String(code)}` : err.message,
    ...(err.stack && { stack: placesOf(err) }),
  }
}

/** The lines of a stack that say where. The message stands before them, and may have lines of its own. */
function placesOf({ stack = '', message }: Error): string {
  const behindMessage = stack.slice(Math.max(0, stack.indexOf(message)) + message.length)
  return behindMessage
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .join('\n')
}

/** What is allowed, and of that only plain values: whatever an object holds has names that nobody has looked at. */
const keepAllowed = (fields: object) =>
  Object.fromEntries(
    Object.entries(fields)
      .filter(([name, value]) => name === 'err' || (allowed.has(name) && Object(value) !== value))
      .map(([name, value]) => [name, name === 'err' ? safeError(value) : value]),
  )

/** JSON lines of allowed fields. One per process; library files are given it. */
export function createLogger(level: string, process: string, destination?: DestinationStream): Logger {
  const logger = pino(
    {
      level,
      base: { process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: keepAllowed,
      },
      hooks: {
        // Given no message, pino takes that of the error, which may quote a value.
        logMethod([first, ...rest], method) {
          const fields: unknown = (first as unknown) instanceof Error ? { err: first } : first
          const { err } = Object(fields)
          const message = rest.length === 0 && err instanceof Error ? [safeError(err).message] : rest
          Reflect.apply(method, this, [fields, ...message])
        },
      },
      serializers: { err: (err) => err },
    },
    // Written at once: a line that waits in memory is lost with the process, and the last ones say why it ended.
    destination ?? pino.destination({ sync: true }),
  )
  // Pino gives what children are bound to no formatter of ours.
  for (const name of ['child', 'setBindings'] as const) {
    const original = logger[name]
    Reflect.set(logger, name, function bind(this: Logger, bindings: object, ...rest: unknown[]) {
      return Reflect.apply(original, this, [keepAllowed(bindings), ...rest])
    })
  }
  return logger
}
