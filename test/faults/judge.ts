import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { auditInvariants } from '#src/operations/audit/audit-invariants.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import { readSpools } from '#src/queue/read-spools.ts'
import { send } from '../system/send.ts'
import { isCommand, type Told } from './clients.ts'
import { countMix, type Decided, findWrongChanges, type Mix, readStored, type Stored } from './replay.ts'
import type { Stack } from './stack.ts'
import { isWiped } from './wiped.ts'

export type Judged = {
  /** Lines of the ledger whose request was decided, was not, and was not though nobody had promised to keep it. */
  decided: number
  lost: number
  declared: number
  /** Requests decided, vouchers booked or numbers given more than once. */
  doubled: number
  /** Whatever else is not as promised, one line each. */
  violations: string[]
  mix: Mix
}

/** So many who were accepted ask what became of them. */
const askedAfterwards = 50
/** Who is told that there is no answer right now asks again, every so often, for so long, in ms. */
const [askAgainMs, patienceMs] = [300, 10_000]

/**
 * What clients were told against what the stores hold: the audit's own invariants, and beside it, by other means, what was lost and
 * whether the order was kept. `wipedAt`: when Redis lost what it held; what it alone held then is a loss that design declares.
 */
export async function judge(
  stack: Stack,
  { campaigns, ledger, wipedAt }: { campaigns: string[]; ledger: Told[]; wipedAt: number[] },
): Promise<Judged> {
  const decided = await readDecided(stack, campaigns)
  const stored = await readStored(stack, campaigns)
  const arrivals = await readArrivals(stack, campaigns)
  const receipts = createReceipts(stack.keys.receipt)
  const isGone = (told: Told) =>
    isWiped(told, {
      wipedAt,
      loggedAt: arrivals.get(told.receipt === null ? told.id : (receipts.verify(told.receipt, 0)?.batchId ?? '')),
    })
  const kept = ledger.filter((told) => !isGone(told))
  const missing = ledger.filter(({ id }) => !decided.has(id))
  const declared = missing.filter(isGone)
  const { violations, doubled } = await audit(stack, kept)
  return {
    decided: ledger.length - missing.length,
    lost: missing.length - declared.length,
    declared: declared.length,
    doubled,
    violations: [
      ...violations,
      ...findPassed(decided, kept),
      ...findWrongChanges(decided.values(), stored),
      ...findMistaken(decided, ledger),
      ...(await findWrongAnswers(stack, decided, stored, kept)),
    ],
    mix: countMix(decided.values(), stored),
  }
}

/** When what the log holds arrived, in epoch ms: batches by their ids, commands by theirs. */
async function readArrivals({ pool }: Stack, campaigns: string[]): Promise<Map<string, number>> {
  const { rows } = await pool.query<{ id: string; receivedAt: number }>(
    `select id, received_at as "receivedAt" from batches where campaign_id = any($1)
     union all
     select request_id, received_at from commands join batches on batches.id = batch_id where campaign_id = any($1)`,
    [campaigns],
  )
  return new Map(rows.map(({ id, receivedAt }) => [id, receivedAt]))
}

async function readDecided({ pool }: Stack, campaigns: string[]): Promise<Map<string, Decided>> {
  const { rows } = await pool.query<Decided>(
    // Sent again, a request is in more than one batch: if any of them was passed, nothing is promised of its order.
    `with late as (
       select distinct (one ->> 'id')::uuid as id
         from batches cross join lateral json_array_elements(requests::json) one
        where campaign_id = any($1) and late
     )
     select request_id as id, reservation_id as "reservationId", campaign_id as campaign, lane, number,
            late.id is not null as late, kind, outcome, reason
       from decisions left join late on late.id = request_id
      where campaign_id = any($1)`,
    [campaigns],
  )
  return new Map(rows.map((row) => [row.id, row]))
}

async function audit({ pool, postgres, redis, keys, folder }: Stack, ledger: Told[]) {
  // A database that is seconds old has no statistics: without them the audit's joins take hundreds of megabytes.
  const client = await postgres.connect()
  await client.query('analyze').finally(() => client.end())
  const file = join(folder, 'ledger.ndjson')
  await writeFile(file, ledger.map((told) => `${JSON.stringify(told)}\n`).join(''))
  const report = await redis.ask((connection) =>
    auditInvariants({
      pool,
      ledger: file,
      receipts: createReceipts(keys.receipt),
      readSpools: (lanes) => readSpools(connection, lanes),
    }),
  )
  const twice = report.invariants.filter(({ name }) => ['decided-once', 'one-per-voucher'].includes(name))
  return {
    violations: report.violations.map(
      ({ kind, lane, number, id, expected, found }) =>
        `${kind} ${lane} ${number} ${id}: expected ${expected}; found ${found}`,
    ),
    doubled: twice.reduce(
      (sum, one) => sum + Object.values(one.violations).reduce((total, count) => total + count, 0),
      0,
    ),
  }
}

/** Requests sent after another's 202 had arrived, and decided before it in the same lane. By the clients' own clock, to the microsecond. */
function findPassed(decided: Map<string, Decided>, ledger: Told[]): string[] {
  const attempts = new Map<string, Told & Decided>()
  for (const told of ledger) {
    const decision = decided.get(told.id)
    if (!decision || decision.late) continue
    // Sent more than once by several: the first that was sent, and the first that was told.
    const known = attempts.get(told.id)
    attempts.set(told.id, {
      ...told,
      ...decision,
      sentAt: Math.min(told.sentAt, known?.sentAt ?? told.sentAt),
      acceptedAt: Math.min(told.acceptedAt, known?.acceptedAt ?? told.acceptedAt),
    })
  }
  return [...Map.groupBy(attempts.values(), ({ campaign, lane }) => `${campaign} ${lane}`).values()].flatMap((lane) => {
    const byArrival = lane.toSorted((a, b) => a.acceptedAt - b.acceptedAt)
    let arrived = 0
    let highest: (Told & Decided) | null = null
    const passed: string[] = []
    for (const attempt of lane.toSorted((a, b) => a.sentAt - b.sentAt)) {
      for (; arrived < byArrival.length && byArrival[arrived]!.acceptedAt < attempt.sentAt; arrived += 1)
        if (byArrival[arrived]!.number > (highest?.number ?? 0)) highest = byArrival[arrived]!
      if (highest && attempt.number < highest.number)
        passed.push(
          `passed: ${attempt.id} (${attempt.lane} ${attempt.number}) passed ${highest.id} (${highest.number})`,
        )
    }
    return passed
  })
}

/** Requests decided as something else than what was asked for, or about another reservation. */
const findMistaken = (decided: Map<string, Decided>, ledger: Told[]): string[] =>
  ledger.flatMap((told) => {
    const is = decided.get(told.id)
    const isRight = !is || (is.reservationId === told.reservationId && (is.kind !== 'book') === isCommand(told))
    return isRight ? [] : [`mistaken: ${told.id} of ${told.reservationId} was decided as ${JSON.stringify(is)}`]
  })

/** Some ask with their receipts what became of them: each must be told what the database holds. */
async function findWrongAnswers(
  { apis }: Stack,
  decided: Map<string, Decided>,
  stored: Map<string, Stored>,
  ledger: Told[],
): Promise<string[]> {
  const bookings = ledger.filter((told) => !isCommand(told))
  const step = Math.max(1, Math.floor(bookings.length / askedAfterwards))
  const asked = bookings.filter((_, n) => n % step === 0)
  const commands = Map.groupBy(
    [...decided.values()].filter(({ kind }) => kind !== 'book').toSorted((a, b) => a.number - b.number),
    ({ reservationId }) => reservationId,
  )
  const wrong: string[] = []
  for (const [n, told] of asked.entries()) {
    const said = await askForStatus(apis[n % apis.length]!, told)
    const last = commands.get(told.id)?.at(-1)
    const is = [stored.get(told.id)?.status, ...(last ? [last.id, last.outcome] : [])].join(' ')
    if (said !== is) wrong.push(`answered: ${told.id} is told ${said}, and is ${is}`)
  }
  return wrong
}

/** A status, and of the last command, if there was one, its id and what became of it; or the HTTP status of a refusal. */
async function askForStatus({ url }: { url: string }, { id, receipt }: Told): Promise<string> {
  for (const end = performance.now() + patienceMs; ; await sleep(askAgainMs)) {
    const { status, text } = await send(`${url}/v1/reservations/${id}`, {
      headers: { authorization: `Bearer ${receipt}` },
    })
    if (status === 200) {
      const { status: is, lastCommand } = JSON.parse(text)
      return [is, ...(lastCommand ? [lastCommand.id, lastCommand.status] : [])].join(' ')
    }
    if (status !== 503 || performance.now() > end) return String(status)
  }
}
