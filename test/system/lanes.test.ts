import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { maxTurnRequests } from '#src/allocation/turns.ts'
import { addOperator } from '#src/operations/add-operator.ts'
import { bodyOf, book, type Told } from './book.ts'
import { untilOneDecided } from './decided.ts'
import { openConnection, send } from './send.ts'
import { type Stack, startStack } from './stack.ts'
import { until } from './until.ts'

const top = join(import.meta.dirname, '../..')

const agentKey = ({ pool }: Stack) => addOperator({ pool, name: 'agent', role: 'agent', by: 'test' })

/** Books as an agent. */
async function bookAsAgent({ apis }: Stack, key: string, campaign: string, body: object): Promise<Told> {
  const { status, text } = await send(`${apis[0]!.url}/v1/campaigns/${campaign}/reservations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect([status, text]).toEqual([202, expect.anything()])
  return JSON.parse(text)
}

/** Sends a CSV as an institution; a result for each line, the last one of the whole. */
async function importCsv({ apis }: Stack, key: string, campaign: string, rows: string[]) {
  const { text } = await send(`${apis[0]!.url}/v1/operator/campaigns/${campaign}/reservations/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'text/csv' },
    body: ['voucher,birthDate,slotId', ...rows, ''].join('\n'),
  })
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

test('however long the web lane is, an agent’s booking waits for at most two transactions of it', async () => {
  const stack = await startStack({ allocators: 0 })
  await stack.addCampaign({ id: 'rush', slots: { a: 100_000 } })
  const key = await agentKey(stack)
  const web = 8 * maxTurnRequests
  const connections = Array.from({ length: 100 }, openConnection)
  await Promise.all(
    connections.map(async (connection, client) => {
      for (let n = client; n < web; n += connections.length)
        expect((await book(stack.apis[0]!, 'rush', bodyOf(n, 'a'), { connection })).status).toBe(202)
      connection.destroy()
    }),
  )
  const told = await bookAsAgent(stack, key, 'rush', bodyOf(web, 'a'))
  await stack.addAllocator()
  expect(await untilOneDecided(stack.apis[0]!, told)).toMatchObject({ status: 'booked' })
  await until(
    'all is decided',
    async () => (await stack.read('select count(*)::int as n from decisions'))[0].n === web + 1,
  )
  const [{ before }] = await stack.read(`
    select count(*)::int as before
      from decisions web
     where lane = 'web' and decided_at < (select decided_at from decisions where lane = 'agent')`)
  expect(before).toBeLessThanOrEqual(2 * maxTurnRequests)
})

test('one rulebook: what is full or blocked is so for every lane, and nobody is booked twice over them', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'rules', slots: { single: 1, blocked: 10, open: 10, other: 10, third: 10 } })
  await stack.asOwner(`update slots set blocked = true where id = 'blocked'`)
  const [api] = stack.apis as [(typeof stack.apis)[0]]
  const key = await agentKey(stack)
  const csvOf = (n: number, slot: string) => `${bodyOf(n).voucher},${bodyOf(n).birthDate},${slot}`
  /** Of three people, or one, in the three lanes; their slots. */
  async function outcomes(people: [number, number, number], slots: [string, string, string]) {
    const web = await book(api, 'rules', bodyOf(people[0], slots[0]))
    const agent = await bookAsAgent(stack, key, 'rules', bodyOf(people[1], slots[1]))
    const [institution] = await importCsv(stack, key, 'rules', [csvOf(people[2], slots[2])])
    const seen = await Promise.all([web.told!, agent, institution].map((told) => untilOneDecided(api, told)))
    return seen.map(({ status, reason }) => reason ?? status).toSorted()
  }
  expect(await outcomes([1, 2, 3], ['single', 'single', 'single'])).toEqual(['booked', 'sold-out', 'sold-out'])
  expect(await outcomes([4, 5, 6], ['blocked', 'blocked', 'blocked'])).toEqual(['sold-out', 'sold-out', 'sold-out'])
  expect(await outcomes([7, 7, 7], ['open', 'other', 'third'])).toEqual(['booked', 'voucher-used', 'voucher-used'])
  expect(await stack.read(`select lane, accepted_number::int as accepted from lanes order by lane`)).toEqual([
    { lane: 'agent', accepted: 3 },
    { lane: 'institution', accepted: 3 },
    { lane: 'web', accepted: 3 },
  ])
})

test('junban reservations import: a result for each line in a file, the refused on the terminal, and again books nobody twice', async () => {
  const stack = await startStack()
  await stack.addCampaign({ id: 'clinic', slots: { a: 5_000 } })
  const env = { PATH: process.env.PATH, JUNBAN_OPERATOR_KEY: await agentKey(stack), JUNBAN_API_URL: stack.apis[0]!.url }
  const [file, out] = [join(stack.dir, 'people.csv'), join(stack.dir, 'results.ndjson')]
  const rows = Array.from(
    { length: 3_000 },
    (_, n) => `${bodyOf(n).voucher},${bodyOf(n).birthDate},${n === 7 ? 'nowhere' : 'a'}`,
  )
  await writeFile(file, ['voucher,birthDate,slotId', ...rows, ''].join('\n'))
  async function run(...more: string[]) {
    const args = ['src/cli.ts', 'reservations', 'import', 'clinic', file, '--json', ...more]
    const child = spawn(process.execPath, args, { cwd: top, env })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text))
    await once(child, 'close')
    return JSON.parse(said)
  }
  const refused = [{ line: 9, type: 'unknown-choice', detail: 'A choice is not one of this campaign.' }]
  expect(await run('--out', out)).toEqual({ queued: 2_999, refused: 1, lines: refused })
  const results = (await readFile(out, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(results.map(({ line }) => line)).toEqual(Array.from({ length: 3_000 }, (_, n) => n + 2))
  await until(
    'all is decided',
    async () => (await stack.read('select count(*)::int as n from decisions'))[0].n === 2_999,
  )

  expect(await run('--from-line', '2502')).toEqual({ queued: 500, refused: 0, lines: [] })
  await until(
    'what was sent again has been passed',
    async () =>
      (await stack.read(`select serving_number::int as n from lane_progress where lane = 'institution'`))[0].n ===
      3_499,
  )
  expect(await stack.read(`select count(*)::int as booked from reservations where status = 'booked'`)).toEqual([
    { booked: 2_999 },
  ])
})
