import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { campaignFile, operatorDatabase, tempFile } from '../test/setup/operator-database.ts'
import { freshDatabase } from '../test/setup/stores.ts'

const script = fileURLToPath(new URL('cli.ts', import.meta.url))
const locations = fileURLToPath(new URL('../test/data/smart-scheduling-links/locations.ndjson', import.meta.url))
const secret = (byte: number) => `k1:${Buffer.alloc(32, byte).toString('base64url')}`

/** The command line as a process of its own. */
function createJunban(databaseUrl: string, env: NodeJS.ProcessEnv = {}) {
  return (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      const options = {
        env: {
          PATH: process.env.PATH,
          DATABASE_URL: databaseUrl,
          DATA_DIR: '/nowhere',
          JUNBAN_RECEIPT_KEYS: secret(1),
          JUNBAN_MASTER_KEYS: secret(2),
          JUNBAN_VOUCHER_KEY: secret(3),
          ...env,
        },
      }
      execFile(process.execPath, [script, ...args], options, (err, stdout, stderr) => {
        resolve({ code: err ? Number(err.code) : 0, stdout, stderr })
      })
    })
}

test('from nothing to a campaign with slots, a register and an operator', async () => {
  const { url } = await freshDatabase()
  const junban = createJunban(url)
  const json = async (...args: string[]) => JSON.parse((await junban(...args, '--json')).stdout)
  expect(await json('migrate')).toEqual({ applied: [] })
  expect(await json('campaign', 'create', await tempFile('c.json', campaignFile()))).toEqual({
    id: 'medics',
    cohorts: 1,
  })
  const slots = await tempFile(
    'slots.csv',
    'locationId,locationName,address,startsAt,endsAt,capacity\nshibuya,渋谷会場,,2026-12-02 09:00,2026-12-02 09:30,10\n',
  )
  expect((await json('slots', 'import', 'medics', slots)).slots).toEqual({ new: 1, changed: 0, same: 0 })
  const people = await junban('vouchers', 'generate', 'medics', '--count', '1000', '--seed', '1')
  expect(people.stdout.split('\n')[1]).toBe('0197313150,1935-03-22,hospital')
  const register = await tempFile('vouchers.csv', people.stdout)
  expect(await json('vouchers', 'import', 'medics', register)).toMatchObject({ new: 1_000, gone: 0 })
  expect(await json('operator', 'add', '田中', '--role', 'admin')).toMatchObject({ name: '田中', role: 'admin' })
  expect(await json('operator', 'list')).toMatchObject([{ name: '田中', role: 'admin', revokedAt: null }])
  expect(await json('campaign', 'list')).toMatchObject([
    { id: 'medics', locations: 1, slots: 1, capacity: 10, booked: 0, vouchers: 1_000 },
  ])
  const { stdout } = await junban('campaign', 'list')
  expect(stdout.split('\n')[1]).toMatch(/^medics {2}Medics .*Asia\/Tokyo {2}register .* 1,000$/)
})

test('what the user can mend is one line on stderr and exit code 1, without a stack', async () => {
  const { url } = await freshDatabase()
  const junban = createJunban(url)
  const line = async (...args: string[]) => {
    const { code, stdout, stderr } = await junban(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr.trim().split('\n')).toHaveLength(1)
    return stderr.trim()
  }
  expect(await line('campaign', 'create', '/nowhere/c.json')).toBe('/nowhere/c.json: there is no such file')
  expect(await line('slots', 'import', 'nowhere', script)).toBe('there is no campaign nowhere')
  expect(await line('operator', 'add', 'x', '--role', 'king')).toBe('role: is not viewer, agent or admin')
  expect(await line('vouchers', 'generate', 'x', '--count', '-1', '--seed', '1')).toMatch(/whole number/)
  expect(JSON.parse(await line('slots', 'import', 'nowhere', script, '--json'))).toEqual({
    error: 'there is no campaign nowhere',
  })
})

test('a Postgres that is not there, not migrated or not named is one line too', async () => {
  const list = (url: string, env = {}) => createJunban(url, env)('campaign', 'list')
  expect(await list('postgres://127.0.0.1:1/x')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'Postgres cannot be reached: nothing listens where DATABASE_URL points\n',
  })
  expect((await list('')).stderr).toMatch(/^DATABASE_URL is not set, and no `npm start` is running in [^\n]*\n$/)
  const { url } = await freshDatabase()
  expect((await list(`${url}_gone`)).stderr).toBe('the database of DATABASE_URL does not exist\n')
})

test('an import that waits for a campaign is known to allocators by its name', async () => {
  const { pool, url } = await operatorDatabase()
  const holder = await pool.connect()
  await holder.query(`begin; select from campaigns where id = 'medics' for no key update`)
  const imported = createJunban(url)('slots', 'import', 'medics', locations)
  const waiting = `
    select application_name from pg_stat_activity
     where datname = current_database() and pg_blocking_pids(pid) <> '{}'`
  let rows: unknown[] = []
  while (rows.length === 0) rows = (await pool.query(waiting)).rows
  await holder.query('rollback')
  holder.release()
  expect(rows).toEqual([{ application_name: 'junban-operator' }])
  expect((await imported).code).toBe(0)
})

test('`keys generate` prints three variables that loading accepts, others each time', async () => {
  const junban = createJunban('')
  const { stdout } = await junban('keys', 'generate')
  expect(stdout).toMatch(
    /^JUNBAN_RECEIPT_KEYS=\w+:[\w-]{43}\nJUNBAN_MASTER_KEYS=\w+:[\w-]{43}\nJUNBAN_VOUCHER_KEY=\w+:[\w-]{43}\n$/,
  )
  expect((await junban('keys', 'generate')).stdout).not.toBe(stdout)
})
