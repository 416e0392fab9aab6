import { type DestinationStream, type Logger, pino } from 'pino'

export type { Logger }

/**
 * The fields that may be logged, by name. Anything else is dropped: a list of what is allowed cannot leak a voucher that
 * somebody adds tomorrow, and pino's `redact` leaked six of eight ways of logging one.
 */
const allowed = new Set([
  'action',
  'address',
  'allocator',
  'attempt',
  'batch',
  'batchId',
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
  'from',
  'job',
  'lane',
  'late',
  'limit',
  'line',
  'locations',
  'method',
  'number',
  'operator',
  'path',
  'pid',
  'place',
  'port',
  'process',
  'queue',
  'reason',
  'requestId',
  'requests',
  'revision',
  'role',
  'route',
  'rung',
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
    ...(err.stack && { stack: err.stack.split('\n').slice(1).join('\n') }),
  }
}

/** JSON lines of allowed fields. One per process; library files are given it. */
export function createLogger(level: string, process: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { process },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) =>
          Object.fromEntries(
            Object.entries(fields)
              .filter(([name]) => allowed.has(name))
              .map(([name, value]) => [name, name === 'err' ? safeError(value) : value]),
          ),
      },
      serializers: { err: (err) => err },
    },
    destination ?? pino.destination({ sync: false }),
  )
}
