import { setTimeout as sleep } from 'node:timers/promises'
import { closeCampaign } from '#src/operations/close-campaign.ts'
import { loseDecision } from '../../loadtest/runner/faults.ts'
import { now } from '../system/book.ts'
import { until } from '../system/until.ts'
import { addCampaigns, campaignsOf } from './campaign.ts'
import { isCommand, startClients } from './clients.ts'
import type { Fault, Struck } from './fault.ts'
import { type Judged, judge } from './judge.ts'
import { findNoIntake, longestGap, type Outage } from './outages.ts'
import { createRandom } from './random.ts'
import { createRequests } from './requests.ts'
import { processesOf, type Stack } from './stack.ts'
import { startWatch } from './watch.ts'
import { watchMachine } from './watch-machine.ts'

/** A modest load: two cores carry it beside the stores and this harness. */
const perSecond = 150
/** So many are accepted before anything is broken. */
const warmUp = 150
/** Normal is what has been so for this long. */
const heldMs = 1_000
/** What does not recover within this is not counted on. */
const recoveryMs = 40_000

/** One fault: what clients met and what became of them. A row of the table. */
export type Row = Judged & {
  fault: string
  seed: number
  sent: number
  accepted: number
  /** Rightly refused: not in the register. */
  refused: number
  /** Attempts answered with a 503, and attempts without an answer, all of them sent again. */
  unavailable: number
  cut: number
  /** In ms: the longest time in which nobody was accepted though an API and a store lived, and the machine; and from the lifting to normal. */
  gapMs: number
  normalMs: number | null
  /** For how long nobody could be accepted, whatever we do, in ms. */
  noIntakeMs: number
  /** How often the machine itself stood still for longer than a store is waited for, and the longest of that, in ms. */
  stalls: number
  stallMs: number
  /** How often a process left by itself and was started again. */
  left: number
  met: Record<string, number>
  notes: string[]
  /** What was out of use, in ms from the first blow. */
  outages: { part: string; from: number; to: number | null }[]
  rungs: { at: number; rungs: string[] }[]
  seconds: number
}

/**
 * Runs one fault under load, lifts it, waits until all is decided, and judges. The seed decides the requests and the moments. `breaks`:
 * a booking's decision and a command's are lost on purpose before it is judged.
 */
export async function runTrial(
  stack: Stack,
  fault: Fault,
  { seed, id, breaks }: { seed: number; id: string; breaks: boolean },
): Promise<Row> {
  const begun = now()
  const random = createRandom(seed)
  const { pool, folder, apis, agentKey, outages } = stack
  const campaigns = campaignsOf(id)
  await addCampaigns(stack, id)
  const leftBefore = countLeft(stack)
  outages.take()
  const requestOf = createRequests({ seed, trial: id, agentKey })
  const clients = startClients({ apis, requestOf, seed, perSecond })
  const watch = startWatch(stack, { campaigns, perSecond })
  const machine = watchMachine(folder)
  const wipedAt: number[] = []
  const notes: string[] = []
  const struck: Struck = { random, wiped: () => wipedAt.push(now()), note: (text) => notes.push(text) }

  await until('the first are accepted', () => clients.ledger.length >= warmUp)
  await sleep(random.between(0, 500))
  const struckAt = now()
  const lift = await fault.strike(stack, struck)
  const [low, high] = fault.holdMs
  await sleep(random.between(low, high))
  await lift()
  const liftedAt = now()
  const since = await until('normal again', () => watch.normalSince(heldMs), recoveryMs).catch(() => null)
  await watch.stop()
  await clients.stop()
  const stalls = await machine.stop()
  const undecided = await until('all is decided', () => isAllDecided(stack, campaigns), recoveryMs).then(
    () => [],
    () => ['not all was decided in time'],
  )

  const endedAt = now()
  if (breaks)
    for (const [, some] of Map.groupBy(clients.ledger, isCommand)) await loseDecision(stack.postgres.url, some)
  const judged = await judge(stack, { campaigns, ledger: clients.ledger, wipedAt })
  for (const campaign of campaigns) await closeCampaign({ pool, campaign, by: 'fault harness' })
  const found = outages.take()
  const noIntake = findNoIntake(
    found,
    apis.map(({ name }) => name),
    endedAt,
  )
  const { met } = clients
  const answers503 = ['unavailable', 'outcome-unknown']
  const sum = (counts: [string, number][]) => counts.reduce((total, [, count]) => total + count, 0)
  return {
    fault: fault.name,
    seed,
    sent: clients.begun(),
    accepted: clients.ledger.length,
    refused: clients.refused(),
    unavailable: sum([...met].filter(([what]) => answers503.includes(what))),
    cut: sum([...met].filter(([what]) => !answers503.includes(what))),
    ...judged,
    violations: [...undecided, ...clients.wrong, ...judged.violations],
    gapMs: Math.round(longestGap(clients.acceptedWhileAsked(), [...noIntake, ...stalls])),
    normalMs: since === null ? null : Math.max(0, Math.round(since - liftedAt)),
    noIntakeMs: Math.round(noIntake.reduce((total, { from, to }) => total + to - from, 0)),
    stalls: stalls.length,
    stallMs: Math.round(Math.max(0, ...stalls.map(({ from, to }) => to - from))),
    left: countLeft(stack) - leftBefore,
    met: Object.fromEntries(met),
    notes,
    outages: found.map((outage) => relative(outage, struckAt)),
    rungs: watch.changes().map(({ at, rungs }) => ({ at: Math.round(at - struckAt), rungs })),
    seconds: Math.round((now() - begun) / 100) / 10,
  }
}

const relative = ({ part, from, to }: Outage, start: number) => ({
  part,
  from: Math.round(from - start),
  to: to === null ? null : Math.round(to - start),
})

const countLeft = (stack: Stack) => processesOf(stack).reduce((sum, { process }) => sum + process.left, 0)

async function isAllDecided({ pool, apis }: Stack, campaigns: string[]): Promise<boolean> {
  const { rows } = await pool
    .query(
      `select bool_and(accepted_number = serving_number) as decided
         from lanes join lane_progress using (campaign_id, lane) where campaign_id = any($1)`,
      [campaigns],
    )
    .catch(() => ({ rows: [{ decided: false }] }))
  if (!rows[0].decided) return false
  const spooled = await Promise.all(
    apis.map(async ({ url }) => {
      const answer = await fetch(`${url}/status`).catch(() => null)
      return answer ? ((await answer.json()) as { spooledBatches: number }).spooledBatches : 1
    }),
  )
  return spooled.every((count) => count === 0)
}
