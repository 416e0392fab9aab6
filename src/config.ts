import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from './errors.ts'

/** A secret of 32 bytes and the id under which data names it. */
export type Key = { id: string; secret: Buffer }

const keyForm = /^([a-z0-9]{1,16}):([A-Za-z0-9_-]{43})$/

const KeyRing = z.string().transform((value, context): Key[] =>
  value.split(',').flatMap((part) => {
    const [, id, secret] = keyForm.exec(part.trim()) ?? []
    if (id && secret) return [{ id, secret: Buffer.from(secret, 'base64url') }]
    context.addIssue('is not ID:SECRET with a secret of 32 bytes in base64url; `junban keys generate` makes one')
    return []
  }),
)

/** Shared secrets, newest first: while they are changed there are two. */
const Secrets = z
  .string()
  .transform((value) => value.split(',').map((part) => part.trim()))
  .refine(
    (secrets) => secrets.every((secret) => /^[!-~]{32,}$/.test(secret)),
    'is not a secret of 32 or more characters',
  )

/** The variables, and what each is when it is not set. `.env.example` lists the same. */
export const Environment = z.object({
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/, error: 'is not a postgres:// URL' }).optional(),
  REDIS_URL: z.url({ protocol: /^rediss?$/, error: 'is not a redis:// URL' }).optional(),
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z.coerce.number('is not a port').int().min(0).max(65_535).default(3000),
  DATA_DIR: z.string().min(1).default('.data'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  HEARTBEAT_FILE: z.string().min(1).optional(),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
  REFUSALS_PER_MINUTE: z.coerce.number().int().min(1).default(600),
  JUNBAN_API_URL: z.url({ protocol: /^https?$/, error: 'is not an https:// URL' }).optional(),
  JUNBAN_OPERATOR_KEY: z
    .string()
    .regex(/^junban_[A-Za-z0-9_-]{43}$/, 'is not an operator key')
    .optional(),
  JUNBAN_RECEIPT_KEYS: KeyRing.optional(),
  JUNBAN_MASTER_KEYS: KeyRing.optional(),
  JUNBAN_VOUCHER_KEY: KeyRing.refine(
    (keys) => keys.length === 1,
    'is one key: hashes made with another could not be found',
  ).optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'is not a smtp:// or smtps:// URL' }).optional(),
  MAIL_FROM: z
    .string()
    .regex(/^[^<>\r\n]*<?[^\s<>@]+@[^\s<>@]+>?$/, 'is not an address, as Junban <junban@example.org>')
    .optional(),
  SMS_GATEWAY_URL: z.url({ protocol: /^https?$/, error: 'is not an https:// URL' }).optional(),
  SMS_GATEWAY_TOKEN: z
    .string()
    .regex(/^[!-~]{8,}$/, 'is not a token: 8 or more visible ASCII characters')
    .optional(),
  WEBHOOK_URL: z.url({ protocol: /^https?$/, error: 'is not an https:// URL' }).optional(),
  WEBHOOK_SECRET: Secrets.optional(),
  NOTIFY_LOOPBACK: z.enum(['yes', 'no'], 'is not yes or no').default('no'),
})

/** What `npm start` leaves in DATA_DIR while it runs, so that other commands find its stores. */
export const Running = z.object({
  pid: z.number(),
  databaseUrl: z.string(),
  redisUrl: z.string().nullable(),
  apiUrl: z.string(),
})
export type Running = z.infer<typeof Running>

export type Config = {
  databaseUrl: string
  redisUrl: string | null
  host: string
  port: number
  dataDir: string
  logLevel: string
  /** Where a process without HTTP shows that it lives; null: nowhere. */
  heartbeatFile: string | null
  trustedProxies: number
  refusalsPerMinute: number
}

export type Keys = { receipt: Key[]; master: Key[]; voucher: Key }

/** Reads the environment. Throws a UserError that names every wrong variable at once. */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const parsed = parseEnvironment(env)
  const dataDir = resolve(parsed.DATA_DIR)
  const running = parsed.DATABASE_URL ? undefined : readRunning(dataDir)
  const databaseUrl = parsed.DATABASE_URL ?? running?.databaseUrl
  if (!databaseUrl)
    throw new UserError(`DATABASE_URL is not set, and no \`npm start\` is running in ${dataDir}: set it, or start one`)
  return {
    databaseUrl,
    redisUrl: parsed.REDIS_URL ?? running?.redisUrl ?? null,
    host: parsed.HOST,
    port: parsed.PORT,
    dataDir,
    logLevel: parsed.LOG_LEVEL,
    heartbeatFile: parsed.HEARTBEAT_FILE ?? null,
    trustedProxies: parsed.TRUSTED_PROXIES,
    refusalsPerMinute: parsed.REFUSALS_PER_MINUTE,
  }
}

/** The settings of `npm start` itself, which brings the stores that are not named. */
export function loadStartConfig(env: NodeJS.ProcessEnv = process.env) {
  const parsed = parseEnvironment(env)
  return {
    databaseUrl: parsed.DATABASE_URL ?? null,
    redisUrl: parsed.REDIS_URL ?? null,
    host: parsed.HOST,
    port: parsed.PORT,
    dataDir: resolve(parsed.DATA_DIR),
    logLevel: parsed.LOG_LEVEL,
  }
}

/** Where the command line sends what goes through an API, and as whom; null where it is not set. */
export function loadOperatorAccess(env: NodeJS.ProcessEnv = process.env) {
  const { JUNBAN_API_URL, JUNBAN_OPERATOR_KEY, DATA_DIR } = parseEnvironment(env)
  return { apiUrl: JUNBAN_API_URL ?? null, operatorKey: JUNBAN_OPERATOR_KEY ?? null, dataDir: resolve(DATA_DIR) }
}

/** What the notifier tells by. Null: that channel is not configured. */
export type NotifierConfig = {
  email: { url: string; from: string } | null
  sms: { url: URL; token: string } | null
  webhook: { url: URL; secrets: string[] } | null
  /** Tests only: gateways on this machine, by plain http. */
  allowLoopback: boolean
}

/** The settings of the notifier. Throws a UserError that names every wrong variable, and every one that another needs. */
export function loadNotifierConfig(env: NodeJS.ProcessEnv = process.env): NotifierConfig {
  const parsed = parseEnvironment(env)
  const { SMTP_URL, MAIL_FROM, SMS_GATEWAY_URL, SMS_GATEWAY_TOKEN, WEBHOOK_URL, WEBHOOK_SECRET } = parsed
  const allowLoopback = parsed.NOTIFY_LOOPBACK === 'yes'
  const faults = [
    ...needEachOther({ SMTP_URL, MAIL_FROM }),
    ...needEachOther({ SMS_GATEWAY_URL, SMS_GATEWAY_TOKEN }),
    ...needEachOther({ WEBHOOK_URL, WEBHOOK_SECRET }),
    ...Object.entries({ SMS_GATEWAY_URL, WEBHOOK_URL })
      .filter(([, url]) => url && !allowLoopback && !url.startsWith('https:'))
      .map(([name]) => `${name}: is not an https:// URL`),
  ]
  if (faults.length > 0) throw new UserError(faults.join('\n'))
  return {
    email: SMTP_URL && MAIL_FROM ? { url: SMTP_URL, from: MAIL_FROM } : null,
    sms: SMS_GATEWAY_URL && SMS_GATEWAY_TOKEN ? { url: new URL(SMS_GATEWAY_URL), token: SMS_GATEWAY_TOKEN } : null,
    webhook: WEBHOOK_URL && WEBHOOK_SECRET ? { url: new URL(WEBHOOK_URL), secrets: WEBHOOK_SECRET } : null,
    allowLoopback,
  }
}

/** The master and receipt keys: a notifier opens boxes and signs lost receipts anew, and finds no voucher. */
export function loadNotifierKeys(env: NodeJS.ProcessEnv = process.env): Pick<Keys, 'master' | 'receipt'> {
  const { JUNBAN_MASTER_KEYS, JUNBAN_RECEIPT_KEYS } = parseEnvironment({
    ...readKeyFile(resolve(env.DATA_DIR || '.data')),
    ...dropEmpty(env),
  })
  const faults = [
    ...(JUNBAN_MASTER_KEYS
      ? []
      : ['JUNBAN_MASTER_KEYS: not set. The notifier needs those of the API, to open whom it tells']),
    ...(JUNBAN_RECEIPT_KEYS
      ? []
      : ['JUNBAN_RECEIPT_KEYS: not set. The notifier needs those of the API, to send a lost receipt']),
  ]
  if (faults.length > 0) throw new UserError(faults.join('\n'))
  return { master: JUNBAN_MASTER_KEYS!, receipt: JUNBAN_RECEIPT_KEYS! }
}

/** The three keys, from the environment or from the DATA_DIR of an `npm start`. Throws a UserError that names the missing. */
export function loadKeys(env: NodeJS.ProcessEnv = process.env): Keys {
  const { JUNBAN_RECEIPT_KEYS, JUNBAN_MASTER_KEYS, JUNBAN_VOUCHER_KEY } = parseEnvironment({
    ...readKeyFile(resolve(env.DATA_DIR || '.data')),
    ...dropEmpty(env),
  })
  const missing = Object.entries({ JUNBAN_RECEIPT_KEYS, JUNBAN_MASTER_KEYS, JUNBAN_VOUCHER_KEY })
    .filter(([, value]) => !value?.length)
    .map(([name]) => name)
  if (missing.length > 0)
    throw new UserError(`${missing.join(', ')}: not set. \`npm run junban -- keys generate\` makes all three`)
  return { receipt: JUNBAN_RECEIPT_KEYS!, master: JUNBAN_MASTER_KEYS!, voucher: JUNBAN_VOUCHER_KEY![0]! }
}

/** Both, for a process that needs both. Throws a UserError that names what is wrong with either. */
export function loadConfigAndKeys(env: NodeJS.ProcessEnv = process.env): { config: Config; keys: Keys } {
  const [config, keys] = [() => loadConfig(env), () => loadKeys(env)].map((load) => {
    try {
      return load()
    } catch (err) {
      if (err instanceof UserError) return err
      throw err
    }
  }) as [Config | UserError, Keys | UserError]
  if (!(config instanceof UserError) && !(keys instanceof UserError)) return { config, keys }
  const faults = [config, keys].flatMap((found) => (found instanceof UserError ? found.message.split('\n') : []))
  throw new UserError([...new Set(faults)].join('\n'))
}

/** Where `npm start` keeps the keys that it made, as `NAME=value` lines of mode 0600. */
export const keyFile = (dataDir: string) => join(dataDir, 'keys.env')
/** Where a running `npm start` says where its stores are. */
export const runningFile = (dataDir: string) => join(dataDir, 'running.json')

function parseEnvironment(env: NodeJS.ProcessEnv) {
  const parsed = Environment.safeParse(dropEmpty(env))
  if (parsed.success) return parsed.data
  throw new UserError(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'))
}

/** A line for each variable that is not set although another of its group is. */
function needEachOther(group: Record<string, unknown>): string[] {
  const names = Object.keys(group)
  const set = names.filter((name) => group[name] !== undefined)
  if (set.length === 0) return []
  return names.filter((name) => !set.includes(name)).map((name) => `${name}: not set, and ${set.join(', ')} needs it`)
}

const dropEmpty = (env: NodeJS.ProcessEnv) =>
  Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))

/** The `npm start` that runs in a DATA_DIR, if one does. */
export function readRunning(dataDir: string): Running | undefined {
  try {
    return Running.parse(JSON.parse(readFileSync(runningFile(dataDir), 'utf8')))
  } catch {
    return undefined
  }
}

function readKeyFile(dataDir: string): NodeJS.ProcessEnv {
  try {
    const lines = readFileSync(keyFile(dataDir), 'utf8').split('\n').filter(Boolean)
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    )
  } catch {
    return {}
  }
}
