import fc from 'fast-check'
import pg from 'pg'
import { expect, test } from 'vitest'
import { operatorDatabase, testLog } from '../../test/setup/operator-database.ts'
import { readRegister } from './read-register.ts'
import { createRegister } from './register.ts'
import { createRegisters } from './registers.ts'

const entry = (fingerprint: Uint8Array, cohort: number) => Buffer.concat([fingerprint, Buffer.from([cohort])])

test('everybody in it is found with their cohort, and nobody else', () => {
  const fingerprint = fc.uint8Array({ minLength: 16, maxLength: 16 })
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fingerprint, fc.nat(255)), { selector: ([print]) => Buffer.from(print).toString('hex') }),
      fingerprint,
      (people, stranger) => {
        const sorted = people.toSorted(([a], [b]) => Buffer.compare(a, b))
        const register = createRegister(Buffer.concat(sorted.map(([print, cohort]) => entry(print, cohort))))
        expect(register.size).toBe(people.length)
        for (const [print, cohort] of people) expect(register.find(Buffer.from(print))).toBe(cohort)
        const known = people.find(([print]) => Buffer.compare(print, stranger) === 0)
        expect(register.find(Buffer.from(stranger))).toBe(known?.[1])
      },
    ),
    { numRuns: 500 },
  )
})

test('in an empty register nobody is found', () => {
  const register = createRegister(Buffer.alloc(0))
  expect(register.size).toBe(0)
  expect(register.find(Buffer.alloc(16))).toBeUndefined()
})

/** Person number `number`, as the SQL below makes them. */
const person = (hash: string) => Buffer.from(hash, 'hex')

async function registersOf(people: number) {
  const { url, pool, read } = await operatorDatabase()
  await read(`
    insert into cohorts (campaign_id, id, opens_at) values ('medics', 'agency', '2026-12-01T00:00Z');
    insert into vouchers (campaign_id, fingerprint, voucher_key, cohort_id)
    select 'medics', decode(md5('person ' || n), 'hex'), decode(md5('voucher ' || n), 'hex'),
           case n % 3 when 1 then 'agency' when 2 then 'hospital' end
      from generate_series(1, ${people}) n`)
  const hashes = await read(`select md5('person ' || n) as hash from generate_series(1, ${people}) n`)
  const registers = createRegisters({ pool, log: testLog })
  const cohorts = () => ['agency', 'hospital']
  return { url, pool, read, registers, cohorts, people: hashes.map(({ hash }) => person(String(hash))) }
}

test('what is read from Postgres, over several pages, holds everybody with the place of their cohort', async () => {
  const { registers, cohorts, people } = await registersOf(40_000)
  expect(registers.get('medics')).toBeUndefined()
  await registers.follow(new Map([['medics', 1]]), cohorts)
  const register = registers.get('medics')!
  expect(register.size).toBe(40_000)
  expect(people.map((one) => register.find(one))).toEqual(people.map((_, at) => (at + 1) % 3))
  expect(register.find(person('0'.repeat(32)))).toBeUndefined()
})

test.each([0, 20_000, 40_000, 50_000])(
  'where %i people were expected, it holds the 40,000 that there are',
  async (expected) => {
    const { pool, cohorts, people } = await registersOf(40_000)
    const register = createRegister(await readRegister(pool, { campaign: 'medics', cohorts: cohorts(), expected }))
    expect(register.size).toBe(40_000)
    expect(people.filter((one) => register.find(one) === undefined)).toEqual([])
  },
)

test('it is read again when its version has changed, not before, and forgotten when its campaign is gone', async () => {
  const { read, registers, cohorts, people } = await registersOf(3)
  await registers.follow(new Map([['medics', 1]]), cohorts)
  await read(`delete from vouchers where fingerprint = decode(md5('person 1'), 'hex')`)
  await registers.follow(new Map([['medics', 1]]), cohorts)
  expect(registers.get('medics')!.find(people[0]!)).toBe(1)
  await registers.follow(new Map([['medics', 2]]), cohorts)
  expect(registers.get('medics')!.find(people[0]!)).toBeUndefined()
  expect(registers.get('medics')!.size).toBe(2)
  await registers.follow(new Map(), cohorts)
  expect(registers.get('medics')).toBeUndefined()
})

test('a campaign for anyone has none', async () => {
  const { registers } = await registersOf(3)
  await registers.follow(new Map([['medics', 1]]), () => undefined)
  expect(registers.get('medics')).toBeUndefined()
})

test('a read that failed is made up for by the next, and until then the last register stands', async () => {
  const { url, registers, cohorts, people } = await registersOf(3)
  await registers.follow(new Map([['medics', 1]]), cohorts)
  const owner = new pg.Client({ connectionString: url })
  await owner.connect()
  await owner.query('alter table vouchers rename to mislaid')
  await expect(registers.follow(new Map([['medics', 2]]), cohorts)).rejects.toThrow(/vouchers/)
  expect(registers.get('medics')!.find(people[0]!)).toBe(1)
  await owner.query(`alter table mislaid rename to vouchers; delete from vouchers`)
  await owner.end()
  await registers.follow(new Map([['medics', 2]]), cohorts)
  expect(registers.get('medics')!.size).toBe(0)
})
