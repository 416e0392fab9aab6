import { expect, test } from 'vitest'
import { ask, bodyOf, bookAccepted, type Told } from './book.ts'
import { untilDecided } from './decided.ts'
import { getJson } from './send.ts'
import { type Stack, startStack } from './stack.ts'
import { until } from './until.ts'

/** Makes the database refuse to write these reservations, whoever asks. */
const poison = (stack: Stack, told: Told[]) =>
  stack.asOwner(`
    create or replace function refuse() returns trigger language plpgsql as $$
      begin
        if new.id in (${told.map(({ id }) => `'${id}'`)}) then raise exception 'not this one'; end if;
        return new;
      end $$;
    create or replace trigger refuse before insert on reservations for each row execute function refuse()`)

const setAside = ({ read }: Stack) => read('select request_id as id, number, error from set_aside order by number')
const progressOf = (stack: Stack) =>
  getJson<{ state: string; servingNumber: number }>(`${stack.apis[0]!.url}/v1/campaigns/poisoned/progress`)

async function bookMany(stack: Stack, from: number, count: number): Promise<Told[]> {
  const told: Told[] = []
  for (let n = from; n < from + count; n += 1) told.push(await bookAccepted(stack.apis[0]!, 'poisoned', bodyOf(n, 'a')))
  return told
}

test('a request that cannot be committed is set aside and the rest go on; after three in a row the campaign pauses', async () => {
  const stack = await startStack({ allocators: 0 })
  await stack.addCampaign({ id: 'poisoned', slots: { a: 1_000 } })
  const first = await bookMany(stack, 0, 40)
  const bad = [first[2]!, first[20]!, first[21]!, first[39]!]
  await poison(stack, bad)
  await stack.addAllocator()

  const good = first.filter((told) => !bad.includes(told))
  const seen = await untilDecided(stack.apis[0]!, 'poisoned', good)
  expect(seen.map(({ status }) => status)).toEqual(Array(36).fill('booked'))
  expect(await setAside(stack)).toEqual(
    bad.map(({ id, queueNumber }) => ({ id, number: queueNumber, error: expect.stringContaining('P0001') })),
  )
  // Its holder is told the truth: it is not decided.
  const aside = await ask(stack.apis[0]!, bad[0]!)
  expect([aside.status, JSON.parse(aside.text).status]).toEqual([200, 'queued'])
  // Two in a row are no reason to stop, nor is one more later.
  expect((await progressOf(stack)).state).toBe('open')
  expect(await stack.read('select booked, (select count(*) from decisions) as decided from slots')).toEqual([
    { booked: 36, decided: 36 },
  ])

  // One more is good, then three in a row are not.
  await stack.allocators[0]!.kill('SIGTERM')
  const second = await bookMany(stack, 100, 10)
  await poison(stack, [...bad, ...second.slice(3, 6)])
  await stack.allocators[0]!.restart()
  await until('it is paused', async () => (await progressOf(stack)).state === 'paused')
  expect(await stack.read('select paused_reason from writers')).toEqual([
    { paused_reason: '3 requests in a row could not be committed' },
  ])
  expect((await setAside(stack)).map(({ id }) => id)).toEqual([...bad, ...second.slice(3, 6)].map(({ id }) => id))
  expect(await progressOf(stack)).toMatchObject({ servingNumber: 46 })
  // Accepted as ever, and not decided.
  const waiting = [...second.slice(6), ...(await bookMany(stack, 200, 1))]
  expect(await stack.read('select booked from slots')).toEqual([{ booked: 39 }])

  // What was wrong is mended, and an operator resumes.
  await stack.asOwner('drop trigger refuse on reservations; update writers set paused_at = null, paused_reason = null')
  const resumed = await untilDecided(stack.apis[0]!, 'poisoned', waiting)
  expect(resumed.map(({ status }) => status)).toEqual(Array(5).fill('booked'))
  expect(await stack.read('select booked, (select count(*) from appointments) as appointments from slots')).toEqual([
    { booked: 44, appointments: 44 },
  ])
})
