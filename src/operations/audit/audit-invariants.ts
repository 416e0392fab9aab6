import type { Lane } from '../../domain/lane.ts'
import { type Extent, readExtent } from '../../postgres/invariants/extent.ts'
import { listLanes } from '../../postgres/invariants/lanes.ts'
import { readLoggedRequests } from '../../postgres/invariants/logged-requests.ts'
import { countPassedLate } from '../../postgres/invariants/real-time-order.ts'
import { auditSnapshot } from '../../postgres/invariants/snapshot.ts'
import { copySpooledRequests, spooledRequestLine } from '../../postgres/invariants/spooled-requests.ts'
import { copyTold, placeToldRequests } from '../../postgres/invariants/told-requests.ts'
import type { Violation } from '../../postgres/invariants/violations.ts'
import type { Pool, Transaction } from '../../postgres/pool.ts'
import type { Receipts } from '../../privacy/receipts.ts'
import { type Invariant, invariants, ledgerInvariants } from './invariants.ts'
import { readLedger } from './read-ledger.ts'

/** A batch that waits in a spool, by the ids of its requests. */
export type SpooledBatch = { id: string; requestIds: string[] }
/** The batches that wait in the spools of these lanes. Throws when they cannot be read. */
export type ReadSpools = (lanes: { campaign: string; lane: Lane }[]) => AsyncIterable<SpooledBatch>

export type InvariantReport = {
  name: string
  promise: string
  checked: Record<string, number>
  /** By kind, the kinds that were found; empty when the invariant holds. */
  violations: Record<string, number>
}

export type AuditReport = {
  holds: boolean
  invariants: InvariantReport[]
  /** The first of each kind. */
  violations: ({ kind: string } & Violation)[]
  accepted: number
  decided: number
  waiting: number
  setAside: number
  /** Read with a ledger only. */
  spooled: number
  /** Requests of the ledger that stand before an earlier one whose batch is `late`; null without a ledger. */
  passedLate: number | null
  notes: string[]
}

/**
 * Checks the invariants of design §5 on the database, and with a ledger also what clients were told. In one snapshot, while
 * everything goes on; in bounded memory here, for the work is done in Postgres.
 *
 * `readSpools`: null where there is no Redis. `receipts`: null where there are no keys.
 */
export async function auditInvariants({
  pool,
  ledger = null,
  receipts = null,
  readSpools = null,
}: {
  pool: Pool
  ledger?: string | null
  receipts?: Receipts | null
  readSpools?: ReadSpools | null
}): Promise<AuditReport> {
  const notes: string[] = []
  let spooled = 0
  return auditSnapshot(pool, {
    async prepare(tx) {
      if (ledger === null) return
      if (!receipts) notes.push('receipts were not checked: there are no keys')
      await copyTold(tx, readLedger(ledger, receipts))
      if (!readSpools) return
      spooled = await copySpooledRequests(tx, linesOf(readSpools(await listLanes(tx))))
    },
    async audit(tx) {
      await readLoggedRequests(tx)
      if (ledger !== null) await placeToldRequests(tx)
      const extent = await readExtent(tx)
      const checked = await checkAll(tx, extent, ledger === null ? invariants : [...invariants, ...ledgerInvariants])
      const { accepted, decisions: decided, waiting, setAside } = extent
      const passedLate = ledger === null ? null : extent.lateBatches > 0 ? await countPassedLate(tx) : 0
      notes.push(...describeLimits(extent))
      return { ...checked, accepted, decided, waiting, setAside, spooled, passedLate, notes }
    },
  })
}

async function checkAll(tx: Transaction, extent: Extent, all: Invariant[]) {
  const reports: InvariantReport[] = []
  const shown: AuditReport['violations'] = []
  for (const { name, promise, checked, kinds } of all) {
    const violations: Record<string, number> = {}
    for (const [kind, find] of Object.entries(kinds)) {
      const { total, first } = await find(tx)
      if (total > 0) violations[kind] = total
      shown.push(...first.map((violation) => ({ kind, ...violation })))
    }
    reports.push({ name, promise, checked: checked(extent), violations })
  }
  return { holds: shown.length === 0, invariants: reports, violations: shown }
}

/** What could not be proved either way. */
function describeLimits({ emptied, changes, lateBatches }: Extent): string[] {
  const count = (value: number) => value.toLocaleString('en')
  return [
    emptied > 0 &&
      `${count(emptied)} accepted requests are no longer in their batches: who asked under which number was not checked`,
    changes > 0 &&
      `lost seats are not looked for across ${count(changes)} cancellations, moves and changes of slots or campaigns`,
    lateBatches > 0 && `${count(lateBatches)} batches are marked late: real-time order is not promised for them`,
  ].filter((note) => note !== false)
}

async function* linesOf(batches: AsyncIterable<SpooledBatch>): AsyncGenerator<string> {
  for await (const { id, requestIds } of batches)
    yield requestIds.map((requestId, place) => spooledRequestLine(requestId, id, place)).join('')
}
