import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { auditInvariants } from '#src/operations/audit/audit-invariants.ts'
import { createReceipts } from '#src/privacy/receipts.ts'
import { readSpools } from '#src/queue/read-spools.ts'
import { send } from '../system/send.ts'
import type { Told } from './clients.ts'
import type { Stack } from './stack.ts'

export type Judged = {
  /** Lines of the ledger whose request was decided, was not, and was not though nobody had promised to keep it. */
  decided: number
  lost: number
  declared: number
  /** Requests decided, vouchers booked or numbers given more than once. */
  doubled: number
  /** Whatever else is not as promised, one line each. */
  violations: string[]
}

type Decided = { id: string; lane: string; number: number; late: boolean; status: string }

/** So many who were accepted ask what became of them. */
const askedAfterwards = 50

/**
 * What clients were told against what the stores hold: the audit's own invariants, and beside it, by other means, what was lost and
 * whether the order was kept. `wipedAt`: when Redis lost what it held; what it alone held then is a loss that design declares.
 */
export async function judge(
  stack: Stack,
  { campaign, ledger, wipedAt }: { campaign: string; ledger: Told[]; wipedAt: number[] },
): Promise<Judged> {
  const decided = await readDecided(stack, campaign)
  const missing = ledger.filter(({ id }) => !decided.has(id))
  const heldByRedisAlone = ({ queueNumber, acceptedAt }: Told) =>
    queueNumber === null && wipedAt.some((at) => acceptedAt <= at)
  const declared = missing.filter(heldByRedisAlone)
  const gone = new Set(declared.map(({ id }) => id))

  const kept = ledger.filter(({ id }) => !gone.has(id))
  const { violations, doubled } = await audit(stack, kept)
  return {
    decided: ledger.length - missing.length,
    lost: missing.length - declared.length,
    declared: declared.length,
    doubled,
    violations: [...violations, ...findPassed(decided, kept), ...(await findWrongAnswers(stack, decided, kept))],
  }
}

async function readDecided({ pool }: Stack, campaign: string): Promise<Map<string, Decided>> {
  const { rows } = await pool.query<Decided>(
    `select request_id as id, decisions.lane, number, late, outcome as status
       from decisions
       join batches on batches.campaign_id = decisions.campaign_id and batches.lane = decisions.lane
                   and number between first_number and last_number
      where decisions.campaign_id = $1`,
    [campaign],
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
  return [...Map.groupBy(attempts.values(), ({ lane }) => lane).values()].flatMap((lane) => {
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

/** Some ask with their receipts what became of them: each must be told what the database holds. */
async function findWrongAnswers({ apis }: Stack, decided: Map<string, Decided>, ledger: Told[]): Promise<string[]> {
  const step = Math.max(1, Math.floor(ledger.length / askedAfterwards))
  const asked = ledger.filter((_, n) => n % step === 0)
  const wrong: string[] = []
  for (const [n, { id, receipt }] of asked.entries()) {
    const { status, text } = await send(`${apis[n % apis.length]!.url}/v1/reservations/${id}`, {
      headers: { authorization: `Bearer ${receipt}` },
    })
    const said = status === 200 ? JSON.parse(text).status : status
    if (said !== decided.get(id)?.status)
      wrong.push(`answered: ${id} is told ${said}, and is ${decided.get(id)?.status}`)
  }
  return wrong
}
