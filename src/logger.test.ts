import pg from 'pg'
import { expect, inject, test } from 'vitest'
import { createLogger, type Logger } from './logger.ts'

const secret = '0123456789'

/** The lines that `write` made. */
function logged(write: (log: Logger) => void): Record<string, unknown>[] {
  const lines: string[] = []
  write(createLogger('trace', 'test', { write: (line) => void lines.push(line) }))
  return lines.map((line) => JSON.parse(line))
}

test('what is allowed is logged, as JSON, with time, level, process and message', () => {
  const [line] = logged((log) => log.warn({ campaign: 'medics', lane: 'web', count: 3 }, 'batch failed'))
  expect(line).toEqual({
    level: 'warn',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    process: 'test',
    campaign: 'medics',
    lane: 'web',
    count: 3,
    msg: 'batch failed',
  })
})

test('an error is logged with its name, code and place', () => {
  const [line] = logged((log) =>
    log.error({ err: Object.assign(new TypeError('no route'), { code: 'EHOST' }) }, 'failed'),
  )
  expect(line).toMatchObject({ msg: 'failed', err: { type: 'TypeError', code: 'EHOST', message: 'no route' } })
  expect((line!.err as { stack: string }).stack).toMatch(/^ +at .*logger\.test\.ts/)
})

class Refused extends Error {
  voucher = secret
  detail = secret
  body = { voucher: secret }
  override cause = new Error(secret)
}
const holder = { voucher: secret, toJSON: () => ({ voucher: secret }) }

test.each<[string, (log: Logger) => void]>([
  ['a field', (log) => log.info({ voucher: secret }, 'x')],
  [
    'several fields beside an allowed one',
    (log) => log.info({ campaign: 'a', birthDate: secret, person: secret }, 'x'),
  ],
  ['a field of a field that is allowed', (log) => log.info({ requests: [{ voucher: secret }] }, 'x')],
  ['an object under an allowed name', (log) => log.info({ job: { data: { voucher: secret } } }, 'x')],
  ['an object that makes its own JSON', (log) => log.info({ batch: holder }, 'x')],
  ['a map and a buffer', (log) => log.info({ slots: new Map([[secret, secret]]), path: Buffer.from(secret) }, 'x')],
  ['a child’s binding', (log) => log.child({ voucher: secret, requests: { voucher: secret } }).info('x')],
  [
    'a child’s child’s binding',
    (log) => log.child({ campaign: 'a' }).child({ voucher: secret }).info({ lane: 'web' }, 'x'),
  ],
  [
    'bindings that are set later',
    (log) => {
      const child = log.child({ campaign: 'a' })
      child.setBindings({ voucher: secret })
      child.info('x')
    },
  ],
  ['fields of an error, and its cause', (log) => log.info({ err: new Refused('refused') }, 'x')],
  ['an error that is no error', (log) => log.info({ err: { voucher: secret } }, 'x')],
  ['an error under another name', (log) => log.info({ error: new Error(secret), reason: new Error(secret) }, 'x')],
  [
    'a request and its answer',
    (log) => log.info({ req: holder, res: holder, headers: { authorization: secret } }, 'x'),
  ],
])('what is not allowed does not leak as %s', (_, write) => {
  const lines = logged(write)
  expect(lines).toHaveLength(1)
  expect(JSON.stringify(lines)).not.toContain(secret)
})

/** What Postgres says when a statement fails. */
async function errorOf(text: string, values: unknown[] = []): Promise<pg.DatabaseError> {
  const client = new pg.Client({ connectionString: inject('postgresUrl') })
  await client.connect()
  try {
    await client.query(
      'create temp table people (voucher text constraint people_once unique check (voucher <> $$bad$$))',
    )
    await client.query('insert into people values ($1)', [secret])
    await client.query(text, values)
    throw new Error('bug: the statement did not fail')
  } catch (err) {
    expect(err).toBeInstanceOf(pg.DatabaseError)
    return err as pg.DatabaseError
  } finally {
    await client.end()
  }
}

test('of an error of Postgres it is said which, and where, but not whose', async () => {
  const err = await errorOf('insert into people values ($1)', [secret])
  // What is kept out is there to be kept out.
  expect(err.detail).toContain(secret)
  const [line] = logged((log) => log.error({ err }, 'insert failed'))
  expect(line!.err).toMatchObject({ code: '23505', constraint: 'people_once', table: 'people' })
  expect(JSON.stringify(line)).not.toContain(secret)
})

test('an error of Postgres that quotes a value in its message leaks it neither there nor in its stack', async () => {
  for (const value of [secret, `first line\n${secret}`, `at\n    at ${secret} (x)`]) {
    const err = await errorOf('select $1::text::uuid', [value])
    expect(err.message).toContain(secret)
    for (const lines of [
      logged((log) => log.error({ err }, 'select failed')),
      logged((log) => log.error({ err })),
      logged((log) => log.error(err)),
      logged((log) => log.child({ err }).error('select failed')),
    ]) {
      expect(JSON.stringify(lines)).not.toContain(secret)
      expect(lines[0]!.err).toMatchObject({ code: '22P02' })
    }
  }
})

test('below its level nothing is written', () => {
  const lines: string[] = []
  const log = createLogger('warn', 'test', { write: (line) => void lines.push(line) })
  log.info({ campaign: 'medics' }, 'too low')
  expect(lines).toEqual([])
})
